import type { Hostname } from '../../names/hostname.ts';
import type { PolicyId } from '../../policy/policy-id.ts';
import { formatPolicyText, parsePolicyText } from '../../policy/text.ts';
import type { DocumentFolder } from '../../store/files/document-folder.ts';
import type { ReadDocument } from '../../tenant/reconcile.ts';
import { accept, type Change, type Revision } from '../../tenant/revision.ts';
import type { Held, NewRevision, Recording, TenantStore } from '../../tenant/store.ts';
import type { PolicyJob } from '../tenants/policy-job.ts';

export interface RevisingOptions {
  readonly job: PolicyJob;
  readonly store: TenantStore;
  readonly folder: DocumentFolder;
  now(): number;
}

type TakingBack =
  | 'done'
  /** There is no other text to go back to. */
  | 'no-way-back'
  /** The tenant has something newer, or is about to. */
  | 'changing';

/** Makes revisions that no document brings. */
export class Revising {
  readonly #options: RevisingOptions;

  constructor(options: RevisingOptions) {
    this.#options = options;
  }

  /**
   * Serves the text of an earlier revision again under a new id, in the place of revision `number`. The document goes on
   * saying the other text: it is held until it changes.
   */
  async takeBack(domain: Hostname, number: number, to: number, why: string): Promise<TakingBack> {
    let outcome: TakingBack = 'changing';
    await this.#options.job.revise(() => {
      const newest = this.#served(domain, number);
      const document = this.#document(domain);
      if (newest === undefined || (document !== undefined && textOf(document) !== newest.text))
        return undefined;
      outcome = 'no-way-back';
      const earlier = this.#options.store.revisions(domain).find((each) => each.number === to);
      const cause = `back to revision ${to}, since ${number} did not come through: ${why}`;
      const revision = earlier && this.#revision(domain, earlier.text, { newest, served: true }, cause);
      if (revision === undefined) return undefined;
      outcome = 'done';
      return {
        revisions: [{ ...revision, takesBack: true }],
        ...(document && heldAs(domain, document, why)),
      };
    });
    return outcome;
  }

  /** Gives the text of revision `number` a new id, later than this one. */
  async overtake(domain: Hostname, number: number, id: PolicyId): Promise<void> {
    await this.#options.job.revise(() => {
      const newest = this.#served(domain, number);
      if (newest === undefined) return undefined;
      const standing = { newest: { ...newest, id }, served: false };
      const revision = this.#revision(domain, newest.text, standing, `DNS had the later id ${id}`);
      return revision && { revisions: [revision] };
    });
  }

  /** The newest revision, where it is still this one. */
  #served(domain: Hostname, number: number): Revision | undefined {
    const { store } = this.#options;
    const newest = store.newest(domain);
    return newest?.number === number && store.isServed(domain) ? newest : undefined;
  }

  #revision(
    domain: Hostname,
    text: string,
    standing: Parameters<typeof accept>[1],
    cause: string,
  ): NewRevision | undefined {
    const policy = parsePolicyText(text);
    if (!policy.ok) return undefined;
    const change: Change = { now: this.#options.now(), actor: 'postseal', address: '', cause };
    const acceptance = accept(policy.value, standing, change);
    if (acceptance.outcome !== 'revised') return undefined;
    return { domain, policy: policy.value, revision: acceptance.revision };
  }

  /** The document that the policy came from, as it is now. */
  #document(domain: Hostname): ReadDocument | undefined {
    const { store, folder } = this.#options;
    const readings = store.entriesFor(domain).map(({ file }) => folder.read(file, domain));
    return readings.flatMap((each) => (each.outcome === 'document' ? [each.document] : []))[0];
  }
}

function textOf({ tenant }: ReadDocument): string | undefined {
  return tenant.ok ? formatPolicyText(tenant.value.policy) : undefined;
}

function heldAs(
  domain: Hostname,
  { file, stamp, digest }: ReadDocument,
  why: string,
): Pick<Recording, 'entries' | 'held'> {
  const held: Held = {
    domain,
    digest,
    flaw: {
      path: 'policy',
      message: `The policy was announced and did not reach senders (${why}): the earlier one is served again`,
      remedy: 'Mend that, and then change the document, if only by a comment, to try once more',
      rfc: 'RFC 8461 section 8.1',
    },
  };
  return { held: [held], entries: [{ file, domain, stamp, flaws: [held.flaw] }] };
}
