import type { Flaw, Parsed } from '../flaws/flaw.ts';
import type { Hostname } from '../names/hostname.ts';
import { isCutOff } from './cut-off.ts';
import { leaving, type Serving } from './exposure.ts';
import { accept, type Change, type Standing } from './revision.ts';
import type { DocumentEntry, Held, NewRevision, TenantLabels } from './store.ts';
import type { Tenant } from './tenant.ts';

/** A document file that stands for a domain, as it was just read. */
export interface ReadDocument {
  readonly file: string;
  readonly stamp: string;
  /** The hash of its bytes. */
  readonly digest: string;
  readonly tenant: Parsed<Tenant>;
  /** It was written in place and its last line has no end, so that the end may be missing. */
  readonly isUnterminated: boolean;
}

/** All that bears on what becomes of one domain. */
export interface Evidence {
  readonly domain: Hostname;
  /** The files that stand for the domain now. */
  readonly present: readonly ReadDocument[];
  /** Files that stood for it when last looked at and are gone. */
  readonly vanished: readonly string[];
  readonly standing: Standing;
  /** The document that is not to be taken in again as it is. */
  readonly held?: Held | undefined;
  /** All revisions in the ledger, oldest first; asked for only where the tenant may leave. */
  servings(): readonly Serving[];
}

/** What is to be recorded for one domain. */
export interface Verdict {
  readonly entries: readonly DocumentEntry[];
  readonly forgotten: readonly string[];
  readonly revision?: NewRevision;
  /** Of a good document. */
  readonly labels?: TenantLabels;
  readonly leaves: boolean;
}

/**
 * Decides what becomes of a domain from the files that stand for it (promises I1 and I3): a good document brings a
 * revision where its bytes differ; a bad, doubled or vanished one leaves the last good revision in place and shows
 * as a flaw. Only a tenant that went through mode `none` leaves (RFC 8461 section 8.3).
 */
export function reconcile(evidence: Evidence, change: Change): Verdict {
  const [first, ...others] = evidence.present;
  if (first === undefined) return withoutDocument(evidence, change.now);
  const entry = entryFor(evidence.domain);
  const settled = { forgotten: evidence.vanished, leaves: false };
  if (others.length > 0) {
    const files = evidence.present.map(({ file }) => file);
    return {
      ...settled,
      entries: evidence.present.map((document) => entry(document, [doubled(document.file, files)])),
    };
  }
  if (!first.tenant.ok) return { ...settled, entries: [entry(first, first.tenant.flaws)] };
  const { policy, labels } = first.tenant.value;
  const found = { ...settled, labels: { domain: evidence.domain, labels } };
  if (first.isUnterminated && isCutOff(policy, evidence.standing)) {
    return { ...settled, entries: [entry(first, [CUT_OFF])] };
  }
  // Its policy was taken back: what was wrong is not mended by reading it once more.
  if (first.digest === evidence.held?.digest) {
    return { ...settled, entries: [entry(first, [evidence.held.flaw])] };
  }
  const acceptance = accept(policy, evidence.standing, change);
  switch (acceptance.outcome) {
    case 'unchanged':
      return { ...found, entries: [entry(first, [])] };
    case 'refused':
      return { ...settled, entries: [entry(first, acceptance.flaws)] };
    case 'revised': {
      const revision = { domain: evidence.domain, policy, revision: acceptance.revision };
      return { ...found, entries: [entry(first, [])], revision };
    }
  }
}

const CUT_OFF: Flaw = {
  path: '',
  message:
    'The last line has no newline and says only the beginning of what is served: the file looks cut off',
  remedy: 'End the file with a newline if it is whole; until then the last good policy is served',
};

function entryFor(domain: Hostname) {
  return ({ file, stamp }: ReadDocument, flaws: readonly Flaw[]): DocumentEntry => ({
    file,
    domain,
    stamp,
    flaws,
  });
}

function doubled(file: string, files: readonly string[]): Flaw {
  const others = files.filter((other) => other !== file).join(', ');
  return {
    path: '',
    message: `Another file stands for the same domain: ${others}`,
    remedy: 'Remove all but one; until then the last good policy is served',
  };
}

function withoutDocument({ domain, vanished, standing, servings }: Evidence, now: number): Verdict {
  const leave = leaving(servings(), now);
  const [file, ...forgotten] = vanished;
  if (file === undefined || !standing.served) return { entries: [], forgotten: vanished, leaves: false };
  if (leave.may === 'leave') return { entries: [], forgotten: vanished, leaves: true };
  const flaw: Flaw = {
    path: '',
    message: 'The file is gone; its last good policy is still served, since senders hold it in their caches',
    remedy:
      leave.may === 'wait'
        ? `Nothing to do: mode none is served, and the tenant leaves after ${new Date(leave.until).toISOString()}`
        : 'Put it back; to leave, write mode: none, let the old policy expire, and then remove the file (or else, at a cost: postseal tenant remove)',
    rfc: 'RFC 8461 section 8.3',
  };
  return { entries: [{ file, domain, stamp: '', flaws: [flaw] }], forgotten, leaves: false };
}
