import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Flaw } from '../../flaws/flaw.ts';
import type { Hostname } from '../../names/hostname.ts';
import type { Policy } from '../../policy/policy.ts';
import { digestOf } from '../../store/files/digest.ts';
import { likelyFiles } from '../../store/files/document-folder.ts';
import type { DocumentWriter, Staged } from '../../store/files/document-writer.ts';
import type { EditOutcome, EditRequest, Effect } from '../../tenant/desk.ts';
import { effectOf } from '../../tenant/effect.ts';
import type { Intent } from '../../tenant/intent.ts';
import { ledgerWarnings } from '../../tenant/ledger-warnings.ts';
import { pastOf } from '../../tenant/plan.ts';
import type { Revision } from '../../tenant/revision.ts';
import { NOTHING_FOUND, type TenantStore } from '../../tenant/store.ts';
import { type EditPlan, type FoundDocument, planEdit, type Situation } from './edit-plan.ts';
import { type PassFailure, writeFailure } from './pass-failure.ts';
import { PassFailedError } from './policy-loop.ts';
import type { ReplacedDocuments } from './replaced-documents.ts';

export interface DocumentEditsOptions {
  readonly store: TenantStore;
  readonly writer: DocumentWriter;
  readonly replaced: ReplacedDocuments;
  /** The folder of the tenant documents, as messages name it. */
  readonly folder: string;
  /** Looks at documents now; done when every worker serves what came of it. Throws as the policy loop does. */
  look(files: readonly string[]): Promise<void>;
  readonly log: Logger;
  now(): number;
}

// How long a document may be kept from being taken in by another of its domain that is just being written.
const PATIENCE = { tries: 25, pause: 200 };

/**
 * Writes documents, and sees to it that each is taken in or that all is as before. Whoever calls has the turn of the
 * domains.
 */
export class DocumentEdits {
  readonly #options: DocumentEditsOptions;

  constructor(options: DocumentEditsOptions) {
    this.#options = options;
  }

  /** Decides an edit: an outcome at once, or the work that {@link carryOut} does. */
  begin(request: EditRequest): EditOutcome | Work {
    try {
      this.#options.replaced.letGoLate(request.domain);
      const planned = planEdit(request, this.#situation(request.domain));
      if (planned.outcome !== 'planned') return planned;
      if (request.dryRun) return { outcome: 'would-do', effect: effectOfPlan(planned.plan) };
      return new Work(planned.plan);
    } catch (error) {
      return this.unavailable(error);
    }
  }

  #situation(domain: Hostname): Situation {
    const { store, now } = this.#options;
    const newest = store.newest(domain);
    return {
      documents: this.documents(domain),
      standing: { newest, served: newest !== undefined && store.isServed(domain) },
      labels: store.labels(domain),
      servings: store.servings(domain),
      revisions: store.revisions(domain),
      now: now(),
    };
  }

  /** What can't be read now is shown as gone; its flaw tells why. */
  readableDocuments(domain: Hostname): readonly FoundDocument[] {
    try {
      return this.documents(domain);
    } catch (error) {
      if (writeFailure(error, '') === undefined) throw error;
      return [];
    }
  }

  /** The files that stand for a domain. Throws where they can't be read. */
  documents(domain: Hostname): readonly FoundDocument[] {
    const { store, writer } = this.#options;
    const known = store.entriesFor(domain).map(({ file }) => file);
    const files = [...new Set([...known, ...likelyFiles(domain)])];
    return files.flatMap((file) => {
      const bytes = writer.read(file);
      return bytes === undefined ? [] : { file, bytes };
    });
  }

  /** Edits of different domains; the outcome of each that did not come to its end is in its work. */
  async carryOut(works: readonly Work[]): Promise<void> {
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
      this.#failed(works, this.unavailable(error));
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
      work.outcome = this.unavailable(error);
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
      work.outcome = this.unavailable(error);
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
    const [document] = this.documents(domain);
    return {
      outcome: 'conflict',
      etag: document && digestOf(document.bytes),
      yours: text ?? '',
      theirs: document?.bytes.toString(),
    };
  }

  async #letAllLeave(works: readonly Work[]): Promise<void> {
    for (const { plan, outcome } of works) {
      if (outcome === undefined) await this.letLeave(intentOf(plan));
    }
  }

  /** Removes the document of a tenant whose mode `none` is served by all; unless somebody changed their mind. */
  async letLeave({ domain, digest }: Intent): Promise<void> {
    const { store, writer, look } = this.#options;
    const [document, ...others] = this.documents(domain);
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
    const { store, writer, replaced, log } = this.#options;
    for (const { plan, staged, captured, isSwapped, outcome } of works) {
      const { file, expected, text } = plan;
      const put = text === undefined ? undefined : Buffer.from(text);
      try {
        if (staged !== undefined && !isSwapped) writer.discard(staged);
        if (isSwapped && outcome !== undefined) writer.undo(file, put, captured);
        else if (captured !== undefined && expected !== undefined) {
          replaced.keep(plan.domain, { file, captured, expected }, put);
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

  /** The outcome where the disk or the state file can't be used; throws where it is another error. */
  unavailable(error: unknown): EditOutcome {
    const failure: PassFailure | undefined =
      error instanceof PassFailedError ? error : writeFailure(error, this.#options.folder);
    if (failure === undefined) throw error;
    return { outcome: 'unavailable', why: failure.message, remedy: failure.remedy };
  }
}

const NOT_TAKEN_IN: EditOutcome = {
  outcome: 'unavailable',
  why: 'Another file of the same domain is being written all the time',
  remedy: 'Look what writes to the folder of the tenant documents',
};

/** An edit on its way. */
export class Work {
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

/** What a plan does, or did where its revision is there. */
export function effectOfPlan(
  { domain, situation, tenant, revision: planned }: EditPlan,
  done?: Revision,
): Effect {
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
