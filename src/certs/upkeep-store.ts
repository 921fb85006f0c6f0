import type { Hostname } from '../names/hostname.ts';
import type { Ledger, LedgerChanges } from './budget.ts';
import type { Standing } from './standing.ts';
import type { Upkeep } from './upkeep.ts';

/** A host that is to be left alone until a moment, in milliseconds since 1970. */
interface Sleep {
  readonly host: Hostname;
  readonly until: number;
}

/** What a round decided, or an order brought; recorded as a whole or not at all. */
export interface UpkeepChanges {
  readonly sleeps?: readonly Sleep[];
  /** By CA. */
  readonly spent?: Readonly<Record<string, LedgerChanges>>;
  readonly standings?: Readonly<Record<string, Standing>>;
  /** Orders that are about to start. */
  readonly orders?: number;
  /** By CA. */
  readonly keyChanges?: Readonly<Record<string, KeyChange>>;
}

/** The last time that the operator asked for another key of our account. Times are milliseconds since 1970. */
export interface KeyChange {
  readonly askedAt: number;
  /** Undefined where it is still to be done. */
  readonly endedAt: number | undefined;
  /** Why it was not done; empty where it was, or is to be. */
  readonly why: string;
}

/** When a host's certificate ends, in milliseconds since 1970. */
export interface CertificateEnd {
  readonly host: Hostname;
  readonly notAfter: number;
}

/** How many hosts have a certificate. */
export interface Census {
  readonly valid: number;
  readonly expired: number;
  readonly missing: number;
  /** When the first of those that are held ends, in milliseconds since 1970. */
  readonly firstNotAfter: number | undefined;
}

/** What is known of certificates and their CAs. What writes is durable when it returns, but for `note`, or throws. */
export interface UpkeepStore {
  /** Takes in hosts that are new, awake at once; the others stay as they are. */
  add(upkeeps: readonly Upkeep[]): void;
  forget(hosts: readonly Hostname[]): void;
  get(host: Hostname): Upkeep | undefined;
  /** The next in the order of their hosts, at most `most`; the first follow the empty text. */
  after(host: string, most: number): readonly Upkeep[];
  /** Those about which an alert is possible, in the order of their hosts as {@link UpkeepStore.after}. */
  alertable(now: number, host: string, most: number): readonly Upkeep[];
  /** The hosts whose certificates end first, at most `most`. */
  firstToEnd(most: number): readonly CertificateEnd[];
  /** Those whose time has come, the longest awake first, at most `most`. */
  awake(now: number, most: number): readonly Upkeep[];
  /** When the next one wakes; undefined where none does. */
  nextWake(): number | undefined;
  /** Changes what is known of a host, as it is now in the store, and wakes it; nothing where it is not there. */
  change(host: Hostname, change: (upkeep: Upkeep) => Upkeep): void;
  /**
   * The same for what is found out again where it is lost: not durable at once, but no later than what is written
   * after it. One in two of the moments in which the process waits for the disk is saved so.
   */
  note(host: Hostname, change: (upkeep: Upkeep) => Upkeep): void;
  /** Wakes all, as after a change of what is decided by. */
  wakeAll(): void;
  record(changes: UpkeepChanges): void;
  standing(ca: string): Standing;
  /** Undefined where the operator never asked. */
  keyChange(ca: string): KeyChange | undefined;
  ledger(ca: string): Ledger;
  census(now: number): Census;
  /** Orders that were started, ever. */
  turn(): number;
  close(): void;
}
