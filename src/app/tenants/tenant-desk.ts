import type { Logger } from 'pino';
import type { MailHosts } from '../../checks/mail-hosts.ts';
import { mailWarnings } from '../../checks/mail-warnings.ts';
import type { Hostname } from '../../names/hostname.ts';
import { parsePolicyText } from '../../policy/text.ts';
import { digestOf } from '../../store/files/digest.ts';
import type { DocumentWriter } from '../../store/files/document-writer.ts';
import type { Claim } from '../../tenant/claim.ts';
import type {
  Actor,
  EditOutcome,
  EditRequest,
  TenantDesk,
  TenantQuery,
  TenantScope,
  TenantSummary,
  TenantView,
  WrittenDocument,
  WrittenTenant,
} from '../../tenant/desk.ts';
import { type Plan, pastOf, planMx } from '../../tenant/plan.ts';
import type { TenantStore } from '../../tenant/store.ts';
import type { ClaimOutcome, Claims } from './claims.ts';
import { DocumentEdits, effectOfPlan, Work } from './document-edits.ts';
import { GONE } from './edit-plan.ts';
import { ReplacedDocuments } from './replaced-documents.ts';
import { Turns } from './turns.ts';

export interface FileDeskOptions {
  readonly store: TenantStore;
  readonly writer: DocumentWriter;
  readonly claims: Claims;
  /** The folder of the tenant documents, as messages name it. */
  readonly folder: string;
  /** Looks at documents now; done when every worker serves what came of it. Throws as the policy loop does. */
  look(files: readonly string[]): Promise<void>;
  /** Done when all documents were looked at once. */
  readonly ready: Promise<void>;
  /** Where a domain's mail goes, for warnings; undefined where nobody asks. Fails with no error of DNS. */
  mailHosts(domain: Hostname): Promise<MailHosts | undefined>;
  /** Of the records that hold the ids, in seconds. */
  readonly ttl: number;
  readonly log: Logger;
  now(): number;
}

// MX records are seldom held for longer, in seconds.
const MX_TTL = 86_400;

// Edits that are written and served at once.
const BATCH = 500;

/** Changes tenants by their documents, so that those stay the only truth, and tells what they are. */
export class FileDesk implements TenantDesk {
  readonly #options: FileDeskOptions;
  readonly #turns = new Turns();
  readonly #replaced: ReplacedDocuments;
  readonly #edits: DocumentEdits;

  constructor(options: FileDeskOptions) {
    this.#options = options;
    this.#replaced = new ReplacedDocuments({ ...options, turns: this.#turns });
    this.#edits = new DocumentEdits({ ...options, replaced: this.#replaced });
  }

  view(domain: Hostname): TenantView | undefined {
    const { store } = this.#options;
    const summary = store.summary(domain);
    const newest = store.newest(domain);
    const policy = newest && parsePolicyText(newest.text);
    if (summary === undefined || newest === undefined || !policy?.ok) return undefined;
    const document = this.document(domain);
    return { ...summary, policy: policy.value, newest, document, etag: document?.etag ?? GONE };
  }

  async plan(domain: Hostname, wanted: readonly Hostname[]): Promise<Plan | undefined> {
    const { store, now, mailHosts, ttl } = this.#options;
    if (!store.isServed(domain)) return undefined;
    const hosts = await mailHosts(domain);
    const past = pastOf(store.revisions(domain), store.servings(domain));
    const present = hosts?.outcome === 'found' ? hosts.names.map((name) => name as Hostname) : [];
    return planMx({ past, wanted, present, now: now(), ttl, mxTtl: MX_TTL });
  }

  list(query: TenantQuery): readonly TenantSummary[] {
    return this.#options.store.list(query);
  }

  document(domain: Hostname): WrittenDocument | undefined {
    const [document] = this.#edits.readableDocuments(domain);
    if (document === undefined) return undefined;
    return { file: document.file, text: document.bytes.toString(), etag: digestOf(document.bytes) };
  }

  async edit(request: EditRequest): Promise<EditOutcome> {
    const { only } = request.by;
    return request.edit.do === 'create' && only !== undefined
      ? this.#editClaimed(request, request.edit, only)
      : this.#editOne(request);
  }

  claims(by: Actor): readonly Claim[] {
    return this.#options.claims.open(by);
  }

  async prove(domain: Hostname, by: Actor): Promise<EditOutcome> {
    if (by.only === undefined) return { outcome: 'not-found' };
    const { only } = by;
    return this.#serveClaim(by, only, await this.#options.claims.prove(domain, only));
  }

  withdraw(domain: Hostname, { only }: Actor): boolean {
    return only !== undefined && this.#options.claims.drop(domain, only);
  }

  /** By somebody who has to show first that they control the domain; what can't be served is told before that. */
  async #editClaimed(request: EditRequest, edit: WrittenTenant, only: TenantScope): Promise<EditOutcome> {
    const would = await this.#editOne({ ...request, dryRun: true });
    if (would.outcome !== 'would-do' || request.dryRun) return would;
    const wanted = { policy: edit.policy, ...(edit.labels !== undefined && { labels: edit.labels }) };
    try {
      const claimed = await this.#options.claims.make(request.domain, wanted, only);
      return await this.#serveClaim(request.by, only, claimed);
    } catch (error) {
      return this.#edits.unavailable(error);
    }
  }

  async #serveClaim(by: Actor, only: TenantScope, claimed: ClaimOutcome): Promise<EditOutcome> {
    if (claimed.outcome !== 'proven') return claimed;
    const { domain, wanted } = claimed.claim;
    const outcome = await this.#editOne({ domain, edit: { do: 'create', ...wanted }, by });
    if (outcome.outcome === 'done' || outcome.outcome === 'exists') this.#options.claims.drop(domain, only);
    return outcome;
  }

  async #editOne(request: EditRequest): Promise<EditOutcome> {
    const { domain } = request;
    const [hosts, [outcome]] = await Promise.all([
      request.edit.do === 'remove' ? undefined : this.#options.mailHosts(domain),
      this.#batch([request]),
    ]);
    if (outcome === undefined) throw new Error('an edit without an outcome');
    return hosts === undefined ? outcome : withMailWarnings(outcome, domain, hosts);
  }

  async *editAll(
    requests: Iterable<EditRequest> | AsyncIterable<EditRequest>,
  ): AsyncGenerator<EditOutcome, void> {
    let batch = new Map<Hostname, EditRequest>();
    for await (const request of requests) {
      if (request.by.only !== undefined && request.edit.do === 'create') {
        yield* await this.#batch([...batch.values()]);
        batch = new Map();
        yield await this.edit(request);
        continue;
      }
      if (batch.size === BATCH || batch.has(request.domain)) {
        yield* await this.#batch([...batch.values()]);
        batch = new Map();
      }
      batch.set(request.domain, request);
    }
    yield* await this.#batch([...batch.values()]);
  }

  /** After a start: documents that were to be removed and are there still. */
  async finishLeaving(): Promise<void> {
    await this.#options.ready;
    for (const { domain } of this.#options.store.intentsToLeave()) {
      const release = await this.#turns.take([domain]);
      try {
        const intent = this.#options.store.intent(domain);
        if (intent?.leaves) await this.#edits.letLeave(intent);
      } finally {
        release();
      }
    }
  }

  /** Lets go of everything. No edit may be under way. */
  close(): void {
    this.#replaced.close();
    this.#options.claims.close();
  }

  /** Edits of different domains. */
  async #batch(requests: readonly EditRequest[]): Promise<readonly EditOutcome[]> {
    const release = await this.#turns.take(requests.map(({ domain }) => domain));
    try {
      await this.#options.ready;
      const works = requests.map((request) => this.#edits.begin(request));
      await this.#edits.carryOut(works.flatMap((work) => (work instanceof Work ? work : [])));
      return works.map((work) => (work instanceof Work ? this.#outcomeOf(work) : work));
    } finally {
      release();
    }
  }

  #outcomeOf({ plan, outcome }: Work): EditOutcome {
    if (outcome !== undefined) return outcome;
    const { store } = this.#options;
    const before = plan.situation.standing.newest?.number ?? 0;
    const revision = store
      .revisions(plan.domain)
      .find(({ number, text }) => number > before && text === plan.revision?.text);
    const effect = effectOfPlan(plan, revision);
    return { outcome: 'done', tenant: this.view(plan.domain), effect, revision };
  }
}

function withMailWarnings(outcome: EditOutcome, domain: Hostname, hosts: MailHosts): EditOutcome {
  if (outcome.outcome !== 'done' && outcome.outcome !== 'would-do') return outcome;
  const { effect } = outcome;
  const policy = effect.after === undefined ? undefined : parsePolicyText(effect.after);
  if (!policy?.ok) return outcome;
  const found = mailWarnings(domain, policy.value, hosts);
  return { ...outcome, effect: { ...effect, warnings: [...effect.warnings, ...found] } };
}
