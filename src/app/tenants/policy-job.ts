import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Happening } from '../../access/happening.ts';
import type { Flaw } from '../../flaws/flaw.ts';
import type { Hostname } from '../../names/hostname.ts';
import { warnings } from '../../policy/policy.ts';
import { type DocumentFolder, domainOfFile, type Reading } from '../../store/files/document-folder.ts';
import { changeOf } from '../../tenant/intent.ts';
import { type ReadDocument, reconcile, type Verdict } from '../../tenant/reconcile.ts';
import {
  type DocumentEntry,
  type NewRevision,
  NOTHING_FOUND,
  type Recording,
  type TenantStore,
} from '../../tenant/store.ts';

export interface PolicyJobOptions {
  readonly folder: DocumentFolder;
  readonly store: TenantStore;
  /** Lets every worker serve these domains' newest revisions; done when none serves an older one. */
  serve(domains: readonly Hostname[]): Promise<void>;
  /** Tells those who listen; never throws. */
  tell(happenings: readonly Happening[]): void;
  /** Every worker serves these, and the state file says so. */
  settled?(domains: readonly Hostname[]): void;
  readonly log: Logger;
  /** The wall clock, in milliseconds since 1970. */
  now(): number;
  /** The time that the ledger closes by: as the wall clock, but never set back. */
  ledgerNow(): number;
}

/** What one pass did. */
export interface PassResult {
  /** Files that are being written to: to be looked at again after `wait` milliseconds. */
  readonly changing: readonly string[];
  readonly wait: number;
  readonly revised: number;
  readonly left: number;
}

// Domains decided and recorded in one transaction.
const BATCH = 500;

// Flaws of one document that those who listen are told.
const MOST_TOLD = 10;

// Files looked at between two turns of the event loop.
const STRIDE = 1_000;

/** The files that were noticed, by the domain that they stand for. */
type Noticed = Map<Hostname, string[]>;

/** Brings what is served in line with the documents: finds what changed, decides, records, and lets it be served. */
export class PolicyJob {
  readonly #options: PolicyJobOptions;
  #isFirst = true;
  /** Files whose flaws were told since the start. */
  readonly #told = new Set<string>();
  /** Domains whose newest revision every worker serves, while the state file may not say so yet. */
  #unsettled: Set<Hostname> | 'all' | 'unknown' = 'unknown';

  #last: Promise<unknown> = Promise.resolve();

  constructor(options: PolicyJobOptions) {
    this.#options = options;
  }

  /**
   * One pass over these files, or over the whole folder; cut short where the signal is aborted.
   * Throws where the folder or the state file can't be used.
   */
  pass(files: ReadonlySet<string> | 'all', signal: AbortSignal): Promise<PassResult> {
    return this.#inTurn(() => this.#pass(files, signal));
  }

  /**
   * Records, between two passes, a revision that no document brings, and lets it be served. `find` decides it from what
   * is there at that moment. Throws where the state file can't be used.
   */
  revise(find: () => Partial<Recording> | undefined): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#begin();
      const found = find();
      if (found === undefined) return false;
      const { store, now } = this.#options;
      const recording = { ...NOTHING_FOUND, ...found, now: now() };
      store.record(recording);
      this.#tellFlaws(recording.entries);
      await this.#bring(recording);
      return true;
    });
  }

  /** One at a time: to settle is to say that what is newest then is served. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #begin(): Promise<void> {
    if (this.#unsettled === 'unknown') {
      // Also after a crash: once all workers answer, all of them serve what the state file holds.
      await this.#options.serve([]);
      this.#unsettled = 'all';
    }
    this.#settle();
  }

  async #pass(files: ReadonlySet<string> | 'all', signal: AbortSignal): Promise<PassResult> {
    await this.#begin();
    await this.#letLeave();
    const noticed = this.#group(files === 'all' ? await this.#changedFiles() : files);
    const pass = { changing: [] as string[], wait: Number.POSITIVE_INFINITY, revised: 0, left: 0 };
    const domains = [...noticed];
    for (let start = 0; start < domains.length && !signal.aborted; start += BATCH) {
      const verdicts = this.#decide(domains.slice(start, start + BATCH), pass);
      await this.#apply(verdicts);
      pass.revised += verdicts.filter(({ revision }) => revision !== undefined).length;
      pass.left += verdicts.filter(({ leaves }) => leaves).length;
      await setImmediate();
    }
    if (files === 'all' && !signal.aborted && pass.changing.length === 0) this.#isFirst = false;
    return pass;
  }

  /** Tenants that were removed by force meanwhile. */
  async #letLeave(): Promise<void> {
    const left = this.#options.store.leaving();
    if (left.length === 0) return;
    await this.#options.serve(left);
    this.#tellServed([], left);
    this.#unsettled = new Set(left);
    this.#settle();
  }

  /** Every file that differs from what was last recorded of it, came or went. */
  async #changedFiles(): Promise<ReadonlySet<string>> {
    const { folder, store } = this.#options;
    // Those not met in the index are new.
    const changed = new Set(folder.files());
    let last: string | undefined = '';
    while (last !== undefined) {
      const entries = store.entriesAfter(last, STRIDE);
      for (const { file, stamp, flaws } of entries) {
        // A vanished file is decided on again, for its time to leave may have come; after a start a flawed one is too,
        // for another release may read it otherwise.
        const isSettled = stamp !== '' && !(this.#isFirst && flaws.length > 0);
        if (isSettled && changed.has(file) && folder.stamp(file) === stamp) changed.delete(file);
        else changed.add(file);
      }
      last = entries.at(-1)?.file;
      await setImmediate();
    }
    return changed;
  }

  /** Groups files by domain, and records those that stand for none. */
  #group(files: ReadonlySet<string>): Noticed {
    const { store, folder } = this.#options;
    const noticed: Noticed = new Map();
    const nameless: DocumentEntry[] = [];
    const forgotten: string[] = [];
    for (const file of files) {
      const domain = domainOfFile(file);
      if (domain.ok) {
        const others = noticed.get(domain.value);
        if (others === undefined) noticed.set(domain.value, [file]);
        else others.push(file);
        continue;
      }
      const stamp = folder.stamp(file);
      const known = store.entry(file);
      if (stamp !== undefined) nameless.push({ file, domain: undefined, stamp, flaws: domain.flaws });
      else if (known !== undefined) forgotten.push(file);
    }
    const entries = this.#news(nameless, ({ file }) => store.entry(file));
    this.#record([{ entries, forgotten, leaves: false }]);
    return noticed;
  }

  #decide(domains: readonly [Hostname, readonly string[]][], pass: Unsettled): DomainVerdict[] {
    const { folder, store } = this.#options;
    const now = this.#options.now();
    const verdicts: DomainVerdict[] = [];
    for (const [domain, noticed] of domains) {
      const known = new Map(store.entriesFor(domain).map((entry) => [entry.file, entry]));
      const files = [...new Set([...known.keys(), ...noticed])];
      const intent = store.intent(domain);
      const readings = files.map((file) => ({ file, reading: folder.read(file, domain, intent?.digest) }));
      const wait = Math.min(...readings.map(({ reading }) => waitOf(reading)));
      if (wait < Number.POSITIVE_INFINITY) {
        // All of them, for none of the others may be known of yet.
        pass.changing.push(...files);
        pass.wait = Math.min(pass.wait, wait);
        continue;
      }
      const newest = store.newest(domain);
      const present = readings.flatMap(({ reading }) => documentOf(reading));
      const isMeant = present.some(({ digest }) => digest === intent?.digest);
      const verdict = reconcile(
        {
          domain,
          present,
          vanished: readings.filter(({ reading }) => reading.outcome === 'vanished').map(({ file }) => file),
          standing: { newest, served: newest !== undefined && store.isServed(domain) },
          servings: () => store.servings(domain),
          held: store.held(domain),
        },
        changeOf(isMeant ? intent : undefined, now),
      );
      const entries = this.#news(verdict.entries, ({ file }) => known.get(file));
      const forgotten = verdict.forgotten.filter((file) => known.has(file));
      verdicts.push({ ...verdict, entries, forgotten, domain, isMeant });
    }
    return verdicts;
  }

  /** The entries that say something else than the known ones; after a start, every flaw, so that it is told again. */
  #news(
    entries: readonly DocumentEntry[],
    known: (entry: DocumentEntry) => DocumentEntry | undefined,
  ): readonly DocumentEntry[] {
    return entries.filter((entry) => {
      if (entry.flaws.length > 0 && !this.#told.has(entry.file)) return true;
      const before = known(entry);
      return before?.stamp !== entry.stamp || JSON.stringify(before.flaws) !== JSON.stringify(entry.flaws);
    });
  }

  async #apply(verdicts: readonly DomainVerdict[]): Promise<void> {
    await this.#bring(this.#record(verdicts));
  }

  /** Lets what was recorded be served. */
  async #bring({ revisions, left }: Recorded): Promise<void> {
    const changed = [...revisions.map(({ domain }) => domain), ...left];
    if (changed.length === 0) return;
    await this.#options.serve(changed);
    this.#tellServed(revisions, left);
    this.#unsettled = new Set(changed);
    this.#settle();
  }

  #record(verdicts: readonly (Verdict & Partial<DomainVerdict>)[]): Recorded {
    const { store, now } = this.#options;
    const revisions = verdicts.flatMap(({ revision }) => revision ?? []);
    const left = verdicts.flatMap(({ leaves, domain }) => (leaves && domain !== undefined ? domain : []));
    const entries = verdicts.flatMap((verdict) => verdict.entries);
    const forgotten = verdicts.flatMap((verdict) => verdict.forgotten);
    const labels = verdicts.flatMap((verdict) => (verdict.entries.length > 0 ? (verdict.labels ?? []) : []));
    const fulfilled = verdicts.flatMap(({ isMeant, domain }) =>
      isMeant && domain !== undefined ? domain : [],
    );
    if (revisions.length + left.length + entries.length + forgotten.length + fulfilled.length > 0) {
      store.record({ ...NOTHING_FOUND, entries, forgotten, revisions, left, labels, fulfilled, now: now() });
      this.#tellFlaws(entries);
    }
    return { revisions, left };
  }

  /**
   * Done when every worker serves the newest. What a crash, or a state file that could not be written, left undone is
   * done later: an earlier revision that stays open would keep its tenant from ever leaving.
   */
  #settle(): void {
    const domains = this.#unsettled;
    if (domains === 'unknown' || (domains !== 'all' && domains.size === 0)) return;
    this.#options.store.settle(domains === 'all' ? 'all' : [...domains], this.#options.ledgerNow());
    this.#unsettled = new Set();
    if (domains !== 'all') this.#options.settled?.([...domains]);
  }

  #tellFlaws(entries: readonly DocumentEntry[]): void {
    const { log, tell } = this.#options;
    for (const { file, flaws } of entries) {
      if (flaws.length > 0) this.#told.add(file);
      for (const flaw of flaws) log.error({ event: 'document_flawed', file, ...flaw }, describe(file, flaw));
    }
    tell(entries.flatMap(flawedEvent));
  }

  #tellServed(revisions: readonly NewRevision[], left: readonly Hostname[]): void {
    const { log, tell } = this.#options;
    for (const { domain, policy, revision } of revisions) {
      const { mode, max_age } = policy;
      const { number, id, actor, cause } = revision;
      log.info({ event: 'policy_revised', domain, number, id, mode, max_age, actor, cause });
      const risks = warnings(policy);
      if (risks.length > 0) log.info({ event: 'policy_risky', domain, risks });
    }
    for (const domain of left) log.info({ event: 'tenant_left', domain });
    tell([...revisions.map(revisedEvent), ...left.map(leftEvent)]);
  }
}

type DomainVerdict = Verdict & { readonly domain: Hostname; readonly isMeant: boolean };

interface Recorded {
  readonly revisions: readonly NewRevision[];
  readonly left: readonly Hostname[];
}

interface Unsettled {
  readonly changing: string[];
  wait: number;
}

function revisedEvent({ domain, policy, revision }: NewRevision): Happening {
  const { mode, max_age } = policy;
  const { number, id, actor, cause } = revision;
  return { kind: 'policy.revised', domain, data: { number, id, mode, max_age, actor, cause } };
}

function leftEvent(domain: Hostname): Happening {
  return { kind: 'tenant.left', domain, data: {} };
}

function flawedEvent({ domain, file, flaws }: DocumentEntry): Happening[] {
  if (domain === undefined || flaws.length === 0) return [];
  const told = flaws.slice(0, MOST_TOLD).map(({ path, message, remedy }) => ({ path, message, remedy }));
  return [{ kind: 'document.flawed', domain, data: { file, flaws: told } }];
}

/** One line that tells a person where, what and how to mend it. */
function describe(file: string, { line, column, path, message, remedy }: Flaw): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${path === '' ? '' : `${path}: `}${message}. ${remedy}.`;
}

function waitOf(reading: Reading): number {
  return reading.outcome === 'changing' ? reading.wait : Number.POSITIVE_INFINITY;
}

function documentOf(reading: Reading): readonly ReadDocument[] {
  return reading.outcome === 'document' ? [reading.document] : [];
}
