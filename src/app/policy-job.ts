import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Flaw } from '../flaws/flaw.ts';
import type { Hostname } from '../names/hostname.ts';
import { type DocumentFolder, domainOfFile } from '../store/files/document-folder.ts';
import { type ReadDocument, reconcile, type Verdict } from '../tenant/reconcile.ts';
import type { DocumentEntry, NewRevision, TenantStore } from '../tenant/store.ts';

export interface PolicyJobOptions {
  readonly folder: DocumentFolder;
  readonly store: TenantStore;
  /** Lets every worker serve these domains' newest revisions; done when none serves an older one. */
  serve(domains: readonly Hostname[]): Promise<void>;
  readonly log: Logger;
  now(): number;
}

/** What one pass did. */
export interface PassResult {
  /** Files that were written to while they were read: to be looked at again soon. */
  readonly changing: readonly string[];
  readonly revised: number;
  readonly left: number;
}

// Domains decided and recorded in one transaction.
const BATCH = 500;

// Files looked at between two turns of the event loop.
const STRIDE = 1_000;

/** Files that stand for a domain, present or vanished, to be decided on together. */
type Dirty = Map<Hostname, Set<string>>;

/** Brings what is served in line with the documents: finds what changed, decides, records, and lets it be served. */
export class PolicyJob {
  readonly #options: PolicyJobOptions;
  #first = true;

  constructor(options: PolicyJobOptions) {
    this.#options = options;
  }

  /** One pass over these files, or over the whole folder. Throws where folder or state file can't be used. */
  async pass(files: ReadonlySet<string> | 'all'): Promise<PassResult> {
    const dirty = await this.#find(files === 'all' ? await this.#changedFiles() : files);
    const result = { changing: [] as string[], revised: 0, left: 0 };
    const domains = [...dirty];
    for (let start = 0; start < domains.length; start += BATCH) {
      const verdicts = this.#decide(domains.slice(start, start + BATCH), result.changing);
      await this.#apply(verdicts);
      result.revised += verdicts.filter(({ revision }) => revision !== undefined).length;
      result.left += verdicts.filter(({ leaves }) => leaves).length;
      await setImmediate();
    }
    if (files === 'all') this.#first = false;
    return result;
  }

  /** Every file that differs from what was last recorded of it, came or went. */
  async #changedFiles(): Promise<ReadonlySet<string>> {
    const { folder, store } = this.#options;
    const present = new Set(folder.files());
    const changed = new Set<string>();
    let looked = 0;
    for (const file of present) {
      if (folder.stamp(file) !== store.entry(file)?.stamp) changed.add(file);
      looked += 1;
      if (looked % STRIDE === 0) await setImmediate();
    }
    for (const { file, flaws } of store.entries()) {
      // A vanished file is decided on again, for its time to leave may have come; after a start a flawed one is too,
      // for another release may read it otherwise.
      if (!present.has(file) || (this.#first && flaws.length > 0)) changed.add(file);
    }
    return changed;
  }

  /** Gathers by domain, with all other files that stand for it. */
  async #find(files: ReadonlySet<string>): Promise<Dirty> {
    const { store } = this.#options;
    const dirty: Dirty = new Map();
    const nameless: DocumentEntry[] = [];
    const forgotten: string[] = [];
    for (const file of files) {
      const domain = domainOfFile(file);
      if (domain.ok) {
        const others = dirty.get(domain.value) ?? store.entriesFor(domain.value).map((entry) => entry.file);
        dirty.set(domain.value, new Set([...others, file]));
      } else {
        const stamp = this.#options.folder.stamp(file);
        if (stamp === undefined) forgotten.push(file);
        else nameless.push({ file, domain: undefined, stamp, flaws: domain.flaws });
      }
    }
    if (nameless.length + forgotten.length > 0)
      await this.#apply([{ entries: nameless, forgotten, leaves: false }]);
    return dirty;
  }

  #decide(domains: readonly [Hostname, ReadonlySet<string>][], changing: string[]): DomainVerdict[] {
    const { folder, store } = this.#options;
    const change = { now: this.#options.now(), actor: 'file', cause: 'document changed' };
    const verdicts: DomainVerdict[] = [];
    for (const [domain, files] of domains) {
      const readings = [...files].map((file) => ({ file, reading: folder.read(file, domain) }));
      const unsettled = readings.filter(({ reading }) => reading === 'changing');
      changing.push(...unsettled.map(({ file }) => file));
      if (unsettled.length > 0) continue;
      const verdict = reconcile(
        {
          domain,
          present: readings.map(({ reading }) => reading).filter(isDocument),
          vanished: readings.filter(({ reading }) => reading === 'vanished').map(({ file }) => file),
          standing: { newest: store.newest(domain), served: store.isServed(domain) },
          servings: store.servings(domain),
        },
        change,
      );
      verdicts.push({ ...verdict, domain });
    }
    return verdicts;
  }

  async #apply(verdicts: readonly (Verdict & { readonly domain?: Hostname })[]): Promise<void> {
    const { store, now } = this.#options;
    const revisions = verdicts.flatMap(({ revision }) => revision ?? []);
    const left = verdicts.flatMap(({ leaves, domain }) => (leaves && domain !== undefined ? domain : []));
    const entries = verdicts.flatMap((verdict) => verdict.entries);
    const changed = [...revisions.map(({ domain }) => domain), ...left];
    store.record({
      entries,
      forgotten: verdicts.flatMap(({ forgotten }) => forgotten),
      revisions,
      left,
      now: now(),
    });
    this.#tell(entries, revisions, left);
    if (changed.length === 0) return;
    await this.#options.serve(changed);
    store.closeEarlier(changed, now());
  }

  #tell(
    entries: readonly DocumentEntry[],
    revisions: readonly NewRevision[],
    left: readonly Hostname[],
  ): void {
    const { log } = this.#options;
    for (const { file, flaws } of entries) {
      for (const flaw of flaws) log.error({ event: 'document_flawed', file, ...flaw }, describe(file, flaw));
    }
    for (const { domain, policy, revision } of revisions) {
      const { number, id, actor, cause } = revision;
      log.info({
        event: 'policy_revised',
        domain,
        number,
        id,
        mode: policy.mode,
        max_age: policy.max_age,
        actor,
        cause,
      });
    }
    for (const domain of left) log.info({ event: 'tenant_left', domain });
  }
}

type DomainVerdict = Verdict & { readonly domain: Hostname };

/** One line that tells a person where, what and how to mend it. */
export function describe(file: string, { line, column, path, message, remedy }: Flaw): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${path === '' ? '' : `${path}: `}${message}. ${remedy}.`;
}

function isDocument(reading: ReadDocument | 'vanished' | 'changing'): reading is ReadDocument {
  return typeof reading === 'object';
}
