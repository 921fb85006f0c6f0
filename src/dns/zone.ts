import { ByteTable } from '../bytes/byte-table.ts';
import { HEADER } from './codes.ts';
import { Journal, type ZoneEntry } from './journal.ts';
import type { RecordSet, ZoneChange } from './record-set.ts';
import { NO_SERIAL } from './serial.ts';
import { nameToWire } from './wire-name.ts';
import { anyRecord, nsRecord, type Soa, soaRecord, txtRecord } from './wire-record.ts';

/** What is the same in a zone whatever is announced in it. Names without the last dot, in lower case. */
export interface ZoneFacts {
  readonly name: string;
  readonly nameservers: readonly string[];
  /** Of the operator, with a dot in place of the @. */
  readonly mailbox: string;
  /** Seconds. */
  readonly ttl: number;
  readonly negativeTtl: number;
}

/** What stands at a name of the zone. */
export type Found =
  | { readonly at: 'name'; readonly records: Buffer; readonly count: number }
  /** Nothing but names below it (RFC 8020 section 2). */
  | { readonly at: 'branch' }
  | { readonly at: 'nowhere' };

// Seconds. A secondary looks by itself so often, for a NOTIFY may be lost, and answers so long without us.
const REFRESH = 900;
const RETRY = 300;
const EXPIRE = 14 * 86_400;
const NS_TTL = 3_600;
const ANY_TTL = 3_600;

const BRANCH: Found = { at: 'branch' };
const NOWHERE: Found = { at: 'nowhere' };

/**
 * Our zone as it is answered from. Its records are kept as they stand in a message; to change one name costs the same
 * whatever the number of names. Keys are names in wire form as Latin-1 text, without the zone and in lower case.
 */
export class Zone {
  readonly journal: Journal;
  /** The zone's own name in wire form. */
  readonly wire: Buffer;
  readonly #facts: ZoneFacts;
  readonly #table = new ByteTable();
  /** Names with nothing but names below them, and how many these are. */
  readonly #branches = new Map<string, number>();
  readonly #any = anyRecord(ANY_TTL);
  readonly #ns: Buffer;
  #serial: number;
  #soa: Buffer;
  #negativeSoa: Buffer;

  constructor(facts: ZoneFacts, journal = new Journal()) {
    this.#facts = facts;
    this.journal = journal;
    this.wire = nameToWire(facts.name);
    this.#ns = Buffer.concat(facts.nameservers.map((server) => nsRecord(server, NS_TTL)));
    this.#serial = NO_SERIAL;
    this.#soa = this.soaAt(NO_SERIAL);
    this.#negativeSoa = this.#negativeSoaAt(NO_SERIAL);
  }

  get serial(): number {
    return this.#serial;
  }

  /** Without a change that a secondary could be told of, for {@link load}. */
  set serial(serial: number) {
    this.#serial = serial;
    this.#soa = this.soaAt(serial);
    this.#negativeSoa = this.#negativeSoaAt(serial);
  }

  get size(): number {
    return this.#table.size;
  }

  get soa(): Buffer {
    return this.#soa;
  }

  /** With the time to live of an answer that says no (RFC 2308 section 3). */
  get negativeSoa(): Buffer {
    return this.#negativeSoa;
  }

  get ns(): { readonly records: Buffer; readonly count: number } {
    return { records: this.#ns, count: this.#facts.nameservers.length };
  }

  get any(): Buffer {
    return this.#any;
  }

  /** Where the zone's own labels begin in the question's name, in any letter case; 0 where it lies outside. */
  beginIn(message: Buffer, nameEnd: number): number {
    const { wire } = this;
    const begin = nameEnd - wire.length;
    if (begin < HEADER) return 0;
    for (let index = 0; index < wire.length; index += 1) {
      if (lower(message[begin + index]) !== wire[index]) return 0;
    }
    let at = HEADER;
    // Labels may hold any octet, what looks like our name too.
    while (at < begin) at += 1 + (message[at] ?? 0);
    return at === begin ? begin : 0;
  }

  find(key: string): Found {
    const entry = this.#table.get(key);
    if (entry !== undefined) return { at: 'name', ...split(entry) };
    return this.#branches.has(key) ? BRANCH : NOWHERE;
  }

  /** All names as they are now, whatever changes while they are gone through. */
  *entries(): Iterable<ZoneEntry> {
    for (const [key, entry] of this.#table.snapshot()) yield { key, records: split(entry).records };
  }

  /** Takes in a set that is there from the start. */
  load(set: RecordSet): void {
    this.#put(keyOf(set.name), entryOf(set));
  }

  apply({ serial, sets }: ZoneChange): void {
    const removed: ZoneEntry[] = [];
    const added: ZoneEntry[] = [];
    // Of a name that is named twice the last is what it becomes.
    for (const set of new Map(sets.map((set) => [set.name, set])).values()) {
      const key = keyOf(set.name);
      const before = this.#table.get(key);
      // A copy, for the bytes in the table hold the whole slab.
      if (before !== undefined) removed.push({ key, records: split(Buffer.from(before)).records });
      const entry = entryOf(set);
      this.#put(key, entry);
      if (set.values.length > 0) added.push({ key, records: split(entry).records });
    }
    this.journal.add({ from: this.#serial, to: serial, removed, added });
    this.serial = serial;
  }

  /** As it is, or was, at a serial. */
  soaAt(serial: number): Buffer {
    return soaRecord(this.#soaValues(serial), this.#facts.ttl);
  }

  #put(key: string, entry: Buffer): void {
    const wasThere = this.#table.has(key);
    const isThere = entry.length > 1;
    if (isThere) this.#table.set(key, entry);
    else this.#table.delete(key);
    if (wasThere !== isThere) for (const above of namesAbove(key)) this.#count(above, isThere ? 1 : -1);
  }

  #count(branch: string, by: number): void {
    const count = (this.#branches.get(branch) ?? 0) + by;
    if (count === 0) this.#branches.delete(branch);
    else this.#branches.set(branch, count);
  }

  #negativeSoaAt(serial: number): Buffer {
    const { ttl, negativeTtl } = this.#facts;
    return soaRecord(this.#soaValues(serial), Math.min(ttl, negativeTtl));
  }

  #soaValues(serial: number): Soa {
    const { nameservers, mailbox, negativeTtl } = this.#facts;
    const [primary = ''] = nameservers;
    return { primary, mailbox, serial, refresh: REFRESH, retry: RETRY, expire: EXPIRE, negativeTtl };
  }
}

const CASE = 0x20;

function lower(octet = 0): number {
  return octet >= 0x41 && octet <= 0x5a ? octet + CASE : octet;
}

/** A name without the zone, as labels in wire form. Its labels are checked by whoever announces it. */
function keyOf(name: string): string {
  const labels = name.split('.');
  return labels.map((label) => String.fromCharCode(label.length) + label).join('');
}

function* namesAbove(key: string): Iterable<string> {
  const next = (name: string) => name.slice(1 + name.charCodeAt(0));
  for (let above = next(key); above !== ''; above = next(above)) yield above;
}

/** How many records, then the records. */
function entryOf({ values, ttl }: RecordSet): Buffer {
  return Buffer.concat([Buffer.of(values.length), ...values.map((value) => txtRecord(value, ttl))]);
}

function split(entry: Buffer): { readonly records: Buffer; readonly count: number } {
  return { count: entry[0] ?? 0, records: entry.subarray(1) };
}
