import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { MailHosts } from '../checks/mail-hosts.ts';
import { mailWarnings } from '../checks/mail-warnings.ts';
import type { Flaw } from '../flaws/flaw.ts';
import type { Hostname } from '../names/hostname.ts';
import type { Policy } from '../policy/policy.ts';
import { parsePolicyText } from '../policy/text.ts';
import { digestOf } from '../store/files/digest.ts';
import { likelyFiles } from '../store/files/document-folder.ts';
import type { DocumentWriter, Replaced, Staged } from '../store/files/document-writer.ts';
import type { Claim } from '../tenant/claim.ts';
import type {
  Actor,
  EditOutcome,
  EditRequest,
  Effect,
  TenantDesk,
  TenantQuery,
  TenantScope,
  TenantSummary,
  TenantView,
  WrittenDocument,
  WrittenTenant,
} from '../tenant/desk.ts';
import { effectOf } from '../tenant/effect.ts';
import type { Intent } from '../tenant/intent.ts';
import { ledgerWarnings } from '../tenant/ledger-warnings.ts';
import { type Plan, pastOf, planMx } from '../tenant/plan.ts';
import type { Revision } from '../tenant/revision.ts';
import { NOTHING_FOUND, type TenantStore } from '../tenant/store.ts';
import type { ClaimOutcome, Claims } from './claims.ts';
import { type EditPlan, type FoundDocument, GONE, planEdit, type Situation } from './edit-plan.ts';
import { type PassFailure, writeFailure } from './pass-failure.ts';
import { PassFailedError } from './policy-loop.ts';
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

// How long an editor may have a document open before it writes to it, in milliseconds.
const GRACE = 2_000;

// How long a document may be kept from being taken in by another of its domain that is just being written.
const PATIENCE = { tries: 25, pause: 200 };

/** Changes tenants by their documents, so that those stay the only truth, and tells what they are. */
export class FileDesk implements TenantDesk {
  readonly #options: FileDeskOptions;
  readonly #turns = new Turns();
  /** What was replaced of late. */
  readonly #replaced = new Map<Hostname, { readonly what: Replaced; readonly timer: NodeJS.Timeout }[]>();
  /** What was put in place last, by its hash. */
  readonly #put = new Map<Hostname, string>();

  constructor(options: FileDeskOptions) {
    this.#options = options;
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
    const [document] = this.#readableDocuments(domain);
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
      return this.#unavailable(error);
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
        if (intent?.leaves) await this.#letLeave(intent);
      } finally {
        release();
      }
    }
  }

  /** Lets go of everything. No edit may be under way. */
  close(): void {
    for (const domain of [...this.#replaced.keys()]) this.#letGo(domain, () => true);
    this.#options.claims.close();
  }

  /** Edits of different domains. */
  async #batch(requests: readonly EditRequest[]): Promise<readonly EditOutcome[]> {
    const release = await this.#turns.take(requests.map(({ domain }) => domain));
    try {
      await this.#options.ready;
      const works = requests.map((request) => this.#begin(request));
      await this.#carryOut(works.flatMap((work) => (work instanceof Work ? work : [])));
      return works.map((work) => (work instanceof Work ? this.#outcomeOf(work) : work));
    } finally {
      release();
    }
  }

  #begin(request: EditRequest): EditOutcome | Work {
    try {
      this.#letGo(request.domain, (what) => this.#options.writer.isLate(what));
      const planned = planEdit(request, this.#situation(request.domain));
      if (planned.outcome !== 'planned') return planned;
      if (request.dryRun) return { outcome: 'would-do', effect: effectOfPlan(planned.plan) };
      return new Work(planned.plan);
    } catch (error) {
      return this.#unavailable(error);
    }
  }

  #situation(domain: Hostname): Situation {
    const { store, now } = this.#options;
    const newest = store.newest(domain);
    return {
      documents: this.#documents(domain),
      standing: { newest, served: newest !== undefined && store.isServed(domain) },
      labels: store.labels(domain),
      servings: store.servings(domain),
      revisions: store.revisions(domain),
      now: now(),
    };
  }

  /** What can't be read now is shown as gone; its flaw tells why. */
  #readableDocuments(domain: Hostname): readonly FoundDocument[] {
    try {
      return this.#documents(domain);
    } catch (error) {
      if (writeFailure(error, '') === undefined) throw error;
      return [];
    }
  }

  #documents(domain: Hostname): readonly FoundDocument[] {
    const { store, writer } = this.#options;
    const known = store.entriesFor(domain).map(({ file }) => file);
    const files = [...new Set([...known, ...likelyFiles(domain)])];
    return files.flatMap((file) => {
      const bytes = writer.read(file);
      return bytes === undefined ? [] : { file, bytes };
    });
  }

  async #carryOut(works: readonly Work[]): Promise<void> {
    if (works.length === 0) return;
    const { store, writer } = this.#options;
    try {
      const written = works.filter(({ plan }) => plan.text !== undefined);
      store.intend(written.map(({ plan }) => intentOf(plan)));
      await Promise.all(written.map((work) => this.#stage(work)));
      for (const work of works) this.#swap(work);
      writer.sync();
      this.#recordRemoved(works.filter((work) => work.isInPlace && work.plan.text === undefined));
      await this.#untilTakenIn(works.filter(({ isInPlace }) => isInPlace));
      await this.#letAllLeave(works.filter(({ isInPlace, plan }) => isInPlace && plan.leaves));
    } catch (error) {
      this.#failed(works, this.#unavailable(error));
    }
    this.#putRight(works);
  }

  /** What was recorded before the failure is done; the rest is to be as before. */
  #failed(works: readonly Work[], outcome: EditOutcome): void {
    for (const work of works) {
      try {
        if (work.isInPlace && work.outcome === undefined) this.#examine(work);
      } catch {
        // The state file can't be read either, so that nobody knows of the document yet.
      }
      if (!work.isTakenIn) work.outcome ??= outcome;
    }
  }

  async #stage(work: Work): Promise<void> {
    const { file, text } = work.plan;
    if (text === undefined || isWritten(work.plan)) return;
    try {
      work.staged = await this.#options.writer.stage(file, text);
    } catch (error) {
      work.outcome = this.#unavailable(error);
    }
  }

  #swap(work: Work): void {
    const { file, expected } = work.plan;
    if (work.outcome !== undefined) return;
    // Nothing to write, or a tenant whose document is gone, which is removed by the record alone.
    if (isWritten(work.plan)) {
      work.isInPlace = true;
      return;
    }
    try {
      const swap = this.#options.writer.swap(file, expected, work.staged);
      if (swap.outcome === 'changed') work.outcome = this.#overtaken(work.plan);
      else Object.assign(work, { isInPlace: true, isSwapped: true, captured: swap.captured });
    } catch (error) {
      work.outcome = this.#unavailable(error);
    }
  }

  /** By force, so that it need not go through mode `none`. */
  #recordRemoved(works: readonly Work[]): void {
    if (works.length === 0) return;
    const { store, now } = this.#options;
    const left = works.map(({ plan }) => plan.domain);
    const forgotten = left.flatMap((domain) => store.entriesFor(domain).map(({ file }) => file));
    store.record({ ...NOTHING_FOUND, forgotten, left, now: now() });
    for (const work of works) work.isTakenIn = true;
  }

  async #untilTakenIn(works: readonly Work[]): Promise<void> {
    let waiting = works;
    for (let tries = 0; waiting.length > 0 && tries < PATIENCE.tries; tries += 1) {
      if (tries > 0) await sleep(PATIENCE.pause);
      await this.#options.look(waiting.map(({ plan }) => plan.file));
      for (const work of waiting) this.#examine(work);
      waiting = waiting.filter(({ isTakenIn, outcome }) => !isTakenIn && outcome === undefined);
    }
    for (const work of waiting) work.outcome = NOT_TAKEN_IN;
  }

  /** What became of a document that was put in place. */
  #examine(work: Work): void {
    const { store, writer } = this.#options;
    const { domain, file, text } = work.plan;
    const intent = store.intent(domain);
    if (text === undefined) return;
    if (intent === undefined || intent.isDone) {
      work.isTakenIn = true;
      const flaws = store.entry(file)?.flaws ?? [];
      if (flaws.length > 0) work.outcome = { outcome: 'flawed', flaws };
    } else if (writer.read(file)?.equals(Buffer.from(text)) !== true) {
      work.outcome = this.#overtaken(work.plan);
    }
  }

  /** Somebody else changed the document between our look at it and the end of ours. */
  #overtaken({ domain, text }: EditPlan): EditOutcome {
    const [document] = this.#documents(domain);
    return {
      outcome: 'conflict',
      etag: document && digestOf(document.bytes),
      yours: text ?? '',
      theirs: document?.bytes.toString(),
    };
  }

  async #letAllLeave(works: readonly Work[]): Promise<void> {
    for (const { plan, outcome } of works) {
      if (outcome === undefined) await this.#letLeave(intentOf(plan));
    }
  }

  /** Removes the document of a tenant whose mode `none` is served by all; unless somebody changed their mind. */
  async #letLeave({ domain, digest }: Intent): Promise<void> {
    const { store, writer, look } = this.#options;
    const [document, ...others] = this.#documents(domain);
    const isOurs = document !== undefined && others.length === 0 && digestOf(document.bytes) === digest;
    if (isOurs && store.summary(domain)?.mode === 'none') {
      const { file, bytes: expected } = document;
      const swap = writer.swap(file, expected, undefined);
      writer.sync();
      if (swap.outcome === 'swapped' && swap.captured !== undefined) {
        writer.letGo({ file, captured: swap.captured, expected }, () => false);
      }
      await look([file]);
    }
    store.forgetIntents([domain]);
  }

  /** Lets go of what was replaced, or puts it back where the edit did not come to its end. */
  #putRight(works: readonly Work[]): void {
    const { store, writer, log } = this.#options;
    for (const { plan, staged, captured, isSwapped, outcome } of works) {
      const { file, expected, text } = plan;
      const put = text === undefined ? undefined : Buffer.from(text);
      try {
        if (staged !== undefined && !isSwapped) writer.discard(staged);
        if (isSwapped && outcome !== undefined) writer.undo(file, put, captured);
        else if (captured !== undefined && expected !== undefined) {
          this.#keep(plan.domain, { file, captured, expected }, put);
        }
      } catch (error) {
        log.error({ event: 'document_not_put_right', file, err: error });
      }
    }
    const failed = works.filter(({ outcome }) => outcome !== undefined).map(({ plan }) => plan.domain);
    try {
      if (failed.length > 0) store.forgetIntents(failed);
    } catch {
      // One that is left over names whoever meant to write the very same bytes.
    }
  }

  /** For a while: an editor may have opened it before it was replaced, and write to it yet. */
  #keep(domain: Hostname, what: Replaced, put: Buffer | undefined): void {
    if (put === undefined) {
      this.#options.writer.letGo(what, () => false);
      return;
    }
    this.#put.set(domain, digestOf(put));
    const timer = setTimeout(() => void this.#letGoInTurn(domain, what), GRACE);
    timer.unref();
    this.#replaced.set(domain, [...(this.#replaced.get(domain) ?? []), { what, timer }]);
  }

  async #letGoInTurn(domain: Hostname, what: Replaced): Promise<void> {
    const release = await this.#turns.take([domain]);
    this.#letGo(domain, (one) => one === what);
    release();
  }

  #letGo(domain: Hostname, isChosen: (what: Replaced) => boolean): void {
    const { writer, log } = this.#options;
    const all = this.#replaced.get(domain) ?? [];
    const chosen = all.filter(({ what }) => isChosen(what));
    for (const { what, timer } of chosen) {
      clearTimeout(timer);
      try {
        writer.letGo(what, (present) => digestOf(present) === this.#put.get(domain));
      } catch (error) {
        log.error({ event: 'document_not_put_right', file: what.file, err: error });
      }
    }
    const kept = all.filter((one) => !chosen.includes(one));
    if (kept.length > 0) this.#replaced.set(domain, kept);
    else {
      this.#replaced.delete(domain);
      this.#put.delete(domain);
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

  #unavailable(error: unknown): EditOutcome {
    const failure: PassFailure | undefined =
      error instanceof PassFailedError ? error : writeFailure(error, this.#options.folder);
    if (failure === undefined) throw error;
    return { outcome: 'unavailable', why: failure.message, remedy: failure.remedy };
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

const NOT_TAKEN_IN: EditOutcome = {
  outcome: 'unavailable',
  why: 'Another file of the same domain is being written all the time',
  remedy: 'Look what writes to the folder of the tenant documents',
};

/** An edit on its way. */
class Work {
  readonly plan: EditPlan;
  staged: Staged | undefined;
  /** What was replaced, until the end. */
  captured: string | undefined;
  isInPlace = false;
  /** Put there by us. */
  isSwapped = false;
  isTakenIn = false;
  /** Undefined where all is well. */
  outcome: EditOutcome | undefined;

  constructor(plan: EditPlan) {
    this.plan = plan;
  }
}

/** What is to be there is there already. */
function isWritten({ expected, text }: EditPlan): boolean {
  if (expected === undefined || text === undefined) return expected === text;
  return expected.equals(Buffer.from(text));
}

function intentOf({ domain, text = '', change, leaves }: EditPlan): Intent {
  const { actor, address, cause, now: at } = change;
  return { domain, digest: digestOf(text), actor, address, cause, at, leaves, isDone: false };
}

function effectOfPlan({ domain, situation, tenant, revision: planned }: EditPlan, done?: Revision): Effect {
  const { standing, servings, now } = situation;
  return effectOf({
    domain,
    standing,
    policy: tenant?.policy,
    revision: done ?? planned,
    servings,
    now,
    warnings: tenant === undefined ? [] : warnedOf(tenant.policy, situation),
  });
}

function warnedOf(policy: Policy, { revisions, servings, now }: Situation): readonly Flaw[] {
  return ledgerWarnings(policy, { policies: pastOf(revisions, servings), now });
}
