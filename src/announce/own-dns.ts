import type { Logger } from 'pino';
import type { AnnouncedStore } from '../dns/announced.ts';
import type { RecordSet, ZoneChange } from '../dns/record-set.ts';
import { nextSerial } from '../dns/serial.ts';
import { CHALLENGE, tenantName } from '../dns/tenant-name.ts';
import { nameToWire } from '../dns/wire-name.ts';
import type { Hostname } from '../names/hostname.ts';
import type { DnsProcesses } from './dns-processes.ts';
import type { Announcement, AnnounceOutcome, Publisher } from './publisher.ts';

export interface OwnDnsOptions {
  readonly zone: string;
  /** Opens what is kept of the zone, for writing; throws where it can't be. */
  open(): AnnouncedStore;
  readonly processes: Pick<DnsProcesses, 'apply' | 'ready'>;
  /** The zone's serial at the start, as far as it could be read. */
  readonly serial: number | undefined;
  /** The zone has another serial, which every process answers. */
  changed(serial: number): void;
  readonly log: Logger;
  now(): number;
}

/** What somebody wants to stand at a name. */
interface Wish {
  readonly name: string;
  readonly ttl: number;
  change(values: readonly string[]): readonly string[];
  readonly done: (outcome: AnnounceOutcome) => void;
}

// Wishes that become one change, with one write to the disk and one serial.
const MOST_WISHES = 1_000;

// The pause before it is looked whether the state file can be written again, in milliseconds.
const AGAIN = 30_000;

// Seconds. A CA asks once or twice; nobody is to remember what stood there.
const CHALLENGE_TTL = 1;

const ANNOUNCED: AnnounceOutcome = { outcome: 'announced' };

/**
 * Announces in our own zone: what is asked for is first written down, then answered by every DNS process, and only
 * then announced. What is asked for meanwhile waits, and becomes the next change together.
 */
export class OwnDns implements Publisher {
  readonly #options: OwnDnsOptions;
  readonly #wishes: Wish[] = [];
  #store: AnnouncedStore | undefined;
  #working: Promise<void> | undefined;
  #problem: string | undefined;
  #serial: number | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(options: OwnDnsOptions) {
    this.#options = options;
    this.#serial = options.serial;
  }

  /** Why nothing can be announced now, in words; undefined where it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Of the zone, as far as it could be read. */
  get serial(): number | undefined {
    return this.#serial;
  }

  async announce({ name, text, ttl }: Announcement, signal: AbortSignal): Promise<AnnounceOutcome> {
    signal.throwIfAborted();
    const values = text === undefined ? [] : [text];
    const relative = this.#relative(name);
    if (relative === undefined) return this.#foreignName(name);
    if (text !== undefined && !isText(text)) return UNFIT;
    const wished = this.#wish({ name: relative, ttl, change: () => values });
    return abortable(wished, signal);
  }

  /** Answers a CA's challenge (RFC 8555 section 8.4), besides those of the same domain that are there already. */
  async putChallenge(domain: Hostname, value: string): Promise<AnnounceOutcome> {
    return this.#challenge(domain, (values) => [...new Set([...values, value])]);
  }

  async removeChallenge(domain: Hostname, value: string): Promise<AnnounceOutcome> {
    return this.#challenge(domain, (values) => values.filter((other) => other !== value));
  }

  async close(): Promise<void> {
    clearTimeout(this.#again);
    await this.#working;
    this.#store?.close();
    this.#store = undefined;
  }

  #challenge(domain: Hostname, change: Wish['change']): Promise<AnnounceOutcome> {
    const name = this.#relative(tenantName(domain, CHALLENGE, this.#options.zone));
    return this.#wish({ name: name ?? '', ttl: CHALLENGE_TTL, change });
  }

  #relative(name: string): string | undefined {
    const suffix = `.${this.#options.zone}`;
    const relative = name.slice(0, -suffix.length);
    return name.endsWith(suffix) && isName(name) ? relative : undefined;
  }

  #foreignName(name: string): AnnounceOutcome {
    const why = `${name} is no name in the zone ${this.#options.zone}`;
    return { outcome: 'refused', why, remedy: 'Set dns.zone to the zone that the name lies in' };
  }

  #wish(wish: Omit<Wish, 'done'>): Promise<AnnounceOutcome> {
    const { promise, resolve } = Promise.withResolvers<AnnounceOutcome>();
    this.#wishes.push({ ...wish, done: resolve });
    void this.#work();
    return promise;
  }

  /** One change at a time, until nothing is wished for. */
  #work(): Promise<void> {
    this.#working ??= this.#fulfilAll().finally(() => {
      this.#working = undefined;
      if (this.#wishes.length > 0) void this.#work();
    });
    return this.#working;
  }

  async #fulfilAll(): Promise<void> {
    // What is asked for in the same turn of the event loop becomes one change.
    await Promise.resolve();
    do {
      const wishes = this.#wishes.splice(0, MOST_WISHES);
      const outcome = await this.#fulfil(wishes);
      for (const { done } of wishes) done(outcome);
    } while (this.#wishes.length > 0);
  }

  async #fulfil(wishes: readonly Wish[]): Promise<AnnounceOutcome> {
    let change: ZoneChange | undefined;
    try {
      change = this.#record(wishes);
      this.#problem = undefined;
    } catch (error) {
      return this.#failed(error);
    }
    if (change !== undefined) {
      await this.#options.processes.apply(change);
      this.#options.changed(change.serial);
    }
    if (this.#options.processes.ready > 0) return ANNOUNCED;
    return { outcome: 'unreachable', why: 'No DNS process answers' };
  }

  /** Writes down what is not so already; @returns it, or undefined where all is. */
  #record(wishes: readonly Wish[]): ZoneChange | undefined {
    this.#store ??= this.#options.open();
    const store = this.#store;
    const last = store.serial();
    this.#serial = last;
    const sets = changedSets(store, wishes);
    if (sets.length === 0) return undefined;
    const change = { serial: nextSerial(last, this.#options.now()), sets };
    store.record(change);
    this.#serial = change.serial;
    return change;
  }

  #failed(error: unknown): AnnounceOutcome {
    // Opened anew next time: what SQLite found out about the file may have passed.
    this.#store?.close();
    this.#store = undefined;
    const { errstr, code = 'unknown' } = error as NodeJS.ErrnoException & { errstr?: string };
    const why = `The state file can't be written (${errstr ?? code}): nothing new is announced in DNS`;
    if (why !== this.#problem) this.#options.log.error({ event: 'zone_not_written', err: error }, why);
    this.#problem = why;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.#work(), AGAIN);
    return { outcome: 'unreachable', why };
  }
}

function changedSets(store: AnnouncedStore, wishes: readonly Wish[]): RecordSet[] {
  const sets = new Map<string, RecordSet>();
  for (const { name, ttl, change } of wishes) {
    const before = sets.get(name) ?? store.get(name) ?? { name, values: [], ttl };
    sets.set(name, { name, values: change(before.values), ttl });
  }
  return [...sets.values()].filter((set) => !isSame(set, store.get(set.name)));
}

function isSame(set: RecordSet, other: RecordSet | undefined): boolean {
  if (set.values.length === 0 || other === undefined) return set.values.length === 0 && other === undefined;
  return set.ttl === other.ttl && JSON.stringify(set.values) === JSON.stringify(other.values);
}

const MOST_TEXT = 2_000;

const UNFIT: AnnounceOutcome = {
  outcome: 'refused',
  why: `The text has other characters than printable ASCII, or more than ${MOST_TEXT}`,
  remedy: 'Shorten it, or write it in ASCII',
};

function isText(text: string): boolean {
  return text.length <= MOST_TEXT && /^[\x20-\x7e]*$/.test(text);
}

function isName(name: string): boolean {
  if (!/^[a-z\d._-]+$/.test(name)) return false;
  try {
    nameToWire(name);
    return true;
  } catch {
    return false;
  }
}

/** Fails with the signal's reason once it is aborted; what was wished for comes about all the same. */
async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
