import { type Hostname, toUnicode } from '../../src/names/hostname.ts';
import type { TenantQuery, TenantScope, TenantSummary } from '../../src/tenant/desk.ts';
import type { Serving } from '../../src/tenant/exposure.ts';
import type { Intent } from '../../src/tenant/intent.ts';
import type { Revision } from '../../src/tenant/revision.ts';
import type {
  AdoptedRevision,
  Announceable,
  DocumentEntry,
  Held,
  NewRevision,
  Recording,
  TenantStore,
} from '../../src/tenant/store.ts';

interface Kept {
  readonly revisions: readonly Revision[];
  readonly servings: readonly Serving[];
  /** Numbers of the revisions that were served elsewhere. */
  readonly adopted: readonly number[];
  /** The number of the newest revision that was settled; 0 for a tenant that left. */
  readonly settled: number;
  readonly served: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

const NOTHING: Kept = { revisions: [], servings: [], adopted: [], settled: 0, served: false, labels: {} };

/** The simplest store that holds the contract: for tests that look at thousands of histories. */
export class MemoryStore implements TenantStore {
  #tenants = new Map<Hostname, Kept>();
  #entries = new Map<string, DocumentEntry>();
  readonly #intents = new Map<Hostname, Intent>();
  #held = new Map<Hostname, Held>();

  record({ entries, forgotten, revisions, left, labels, fulfilled, held, now }: Recording): void {
    const before = [new Map(this.#tenants), new Map(this.#entries), new Map(this.#held)] as const;
    try {
      for (const file of forgotten) this.#entries.delete(file);
      for (const entry of entries) this.#recordEntry(entry);
      for (const revision of revisions) this.#revise(revision, now);
      for (const each of held) this.#held.set(each.domain, each);
      for (const domain of left) this.#held.delete(domain);
      for (const domain of left)
        this.#tenants.set(domain, { ...this.#kept(domain), served: false, labels: {} });
      for (const { domain, labels: words } of labels) {
        this.#tenants.set(domain, { ...this.#kept(domain), labels: words });
      }
      this.#fulfil(fulfilled);
    } catch (error) {
      [this.#tenants, this.#entries, this.#held] = before;
      throw error;
    }
  }

  held(domain: Hostname): Held | undefined {
    return this.#held.get(domain);
  }

  #recordEntry(entry: DocumentEntry): void {
    this.#entries.set(entry.file, entry);
    if (entry.flaws.length === 0 && entry.domain !== undefined) this.#held.delete(entry.domain);
  }

  settle(domains: readonly Hostname[] | 'all', now: number): void {
    for (const domain of domains === 'all' ? [...this.#tenants.keys()] : domains) {
      const kept = this.#kept(domain);
      const open = kept.served ? kept.servings.slice(-1) : [];
      const earlier = closed(kept.servings.slice(0, kept.servings.length - open.length), now, isOurs(kept));
      const settled = kept.served ? kept.revisions.length : 0;
      this.#tenants.set(domain, { ...kept, servings: [...earlier, ...open], settled });
    }
  }

  adopt(revisions: readonly AdoptedRevision[]): void {
    const before = new Map(this.#tenants);
    try {
      for (const revision of revisions) this.#adopt(revision);
    } catch (error) {
      this.#tenants = before;
      throw error;
    }
  }

  settleAdopted(domains: readonly Hostname[], now: number): void {
    for (const domain of domains) {
      const kept = this.#kept(domain);
      const servings = closed(kept.servings, now, (index) => !isOurs(kept)(index));
      this.#tenants.set(domain, { ...kept, servings });
    }
  }

  everyDomain(): Iterable<Hostname> {
    return [...this.#tenants]
      .filter(([, { revisions }]) => revisions.length > 0)
      .sort(byName)
      .map(([domain]) => domain);
  }

  leaving(): readonly Hostname[] {
    const left = [...this.#tenants].filter(([, kept]) => {
      const isOpen = kept.servings.some(({ until }, index) => until === undefined && isOurs(kept)(index));
      return !kept.served && isOpen;
    });
    return left.map(([domain]) => domain);
  }

  newest(domain: Hostname): Revision | undefined {
    return this.#kept(domain).revisions.at(-1);
  }

  revisions(domain: Hostname): readonly Revision[] {
    return this.#kept(domain).revisions;
  }

  servings(domain: Hostname): readonly Serving[] {
    return this.#kept(domain).servings;
  }

  isServed(domain: Hostname): boolean {
    return this.#kept(domain).served;
  }

  labels(domain: Hostname): Readonly<Record<string, string>> {
    return this.#kept(domain).labels;
  }

  list({ after, limit, only, ...asked }: TenantQuery): readonly TenantSummary[] {
    const found = [...this.#tenants.keys()].sort().flatMap((domain) => this.summary(domain) ?? []);
    const fitting = found.filter(
      (one) =>
        one.domain > after &&
        [one.domain, toUnicode(one.domain)].some((name) => name.includes(asked.name?.toLowerCase() ?? '')) &&
        one.mode === (asked.mode ?? one.mode) &&
        one.stage === (asked.stage ?? one.stage) &&
        Object.entries(asked.labels ?? {}).every(([name, value]) => one.labels[name] === value) &&
        (only === undefined || isWithin(one, only)),
    );
    return fitting.slice(0, limit);
  }

  summary(domain: Hostname): TenantSummary | undefined {
    const { revisions, servings, served, labels } = this.#kept(domain);
    const [newest, serving] = [revisions.at(-1), servings.at(-1)];
    if (!served || newest === undefined || serving === undefined) return undefined;
    const { mode, max_age } = serving;
    // How far it is on its way is another store's.
    const stage = 'accepted';
    const flaws = this.entriesFor(domain).flatMap((entry) => entry.flaws);
    const { number: revision, id, at } = newest;
    return { domain, mode, max_age, labels, revision, id, at, stage, flaws };
  }

  intend(intents: readonly Intent[]): void {
    for (const intent of intents) this.#intents.set(intent.domain, intent);
  }

  intent(domain: Hostname): Intent | undefined {
    return this.#intents.get(domain);
  }

  intentsToLeave(): readonly Intent[] {
    return [...this.#intents.values()].filter(({ leaves }) => leaves);
  }

  forgetIntents(domains: readonly Hostname[]): void {
    this.#forget(domains);
  }

  announceable(): Announceable[] {
    const served = [...this.#tenants].filter(([, kept]) => kept.served).sort(byName);
    return served.flatMap(([domain, { revisions, settled }]) => {
      const id = revisions[settled - 1]?.id;
      return id === undefined ? [] : [{ domain, id }];
    });
  }

  announceableFor(domain: Hostname): Announceable | undefined {
    return this.announceable().find((found) => found.domain === domain);
  }

  servedCount(): number {
    return [...this.#tenants.values()].filter((kept) => kept.served).length;
  }

  entriesAfter(file: string, most: number): readonly DocumentEntry[] {
    const following = [...this.#entries].filter(([name]) => name > file).sort(byName);
    return following.slice(0, most).map(([, entry]) => entry);
  }

  entriesFor(domain: Hostname): readonly DocumentEntry[] {
    return this.#all().filter((entry) => entry.domain === domain);
  }

  entry(file: string): DocumentEntry | undefined {
    return this.#entries.get(file);
  }

  flawed(most: number): readonly DocumentEntry[] {
    return this.#all()
      .filter(({ flaws }) => flaws.length > 0)
      .slice(0, most);
  }

  flawedCount(): number {
    return this.flawed(Number.POSITIVE_INFINITY).length;
  }

  close(): void {}

  #all(): readonly DocumentEntry[] {
    return this.entriesAfter('', Number.POSITIVE_INFINITY);
  }

  #fulfil(domains: readonly Hostname[]): void {
    for (const intent of domains.flatMap((domain) => this.#intents.get(domain) ?? [])) {
      if (intent.leaves) this.#intents.set(intent.domain, { ...intent, isDone: true });
      else this.#intents.delete(intent.domain);
    }
  }

  #forget(domains: readonly Hostname[]): void {
    for (const domain of domains) this.#intents.delete(domain);
  }

  #kept(domain: Hostname): Kept {
    return this.#tenants.get(domain) ?? NOTHING;
  }

  #revise({ domain, policy, revision }: NewRevision, from: number): void {
    const { revisions, servings, adopted, settled, labels } = this.#kept(domain);
    if (revisions.some(({ number, id }) => number === revision.number || id === revision.id)) {
      throw new Error(`${domain} has such a revision`);
    }
    const serving = { mode: policy.mode, max_age: policy.max_age, from, until: undefined };
    this.#tenants.set(domain, {
      revisions: [...revisions, revision],
      servings: [...servings, serving],
      adopted,
      settled,
      served: true,
      labels,
    });
  }

  #adopt({ from, until, ...rest }: AdoptedRevision): void {
    if (this.isServed(rest.domain)) throw new Error(`${rest.domain} is served here`);
    this.#revise(rest, from);
    const kept = this.#kept(rest.domain);
    const serving = { mode: rest.policy.mode, max_age: rest.policy.max_age, from, until };
    this.#tenants.set(rest.domain, {
      ...kept,
      servings: [...kept.servings.slice(0, -1), serving],
      adopted: [...kept.adopted, rest.revision.number],
      served: false,
    });
  }
}

function isOurs({ revisions, adopted }: Kept): (index: number) => boolean {
  return (index) => !adopted.includes(revisions[index]?.number ?? 0);
}

/** Closes those that are open, as far as they are chosen by their index. */
function closed(
  servings: readonly Serving[],
  now: number,
  isChosen: (index: number) => boolean,
): readonly Serving[] {
  return servings.map((serving, index) =>
    isChosen(index) ? { ...serving, until: serving.until ?? Math.max(serving.from, now) } : serving,
  );
}

function isWithin({ domain, labels }: TenantSummary, only: TenantScope): boolean {
  if (only.domains.includes(domain)) return true;
  return Object.entries(only.labels).some(([name, value]) => labels[name] === value);
}

function byName([one]: readonly [string, unknown], [two]: readonly [string, unknown]): number {
  return one < two ? -1 : 1;
}
