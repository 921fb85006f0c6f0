import { FLAG, HEADER } from './codes.ts';
import type { Difference, ZoneEntry } from './journal.ts';
import type { Query } from './query.ts';
import { isNewer } from './serial.ts';
import { eachRecord } from './wire-record.ts';
import type { Zone } from './zone.ts';

/** What a secondary gets: the whole zone, what it lacks, or that it lacks nothing. */
export interface Transfer {
  readonly kind: 'axfr' | 'ixfr' | 'up-to-date';
  /** Unsigned, to be sent one after the other over TCP; made as they are asked for. */
  readonly messages: Iterable<Buffer>;
}

/** The owner of records that stand at the zone's own name. */
const APEX = '';
/** The question's name, which is the zone's. */
const ZONE_POINTER = 0xc000 | HEADER;
const QUESTION_REST = 4;
/** Far below the most, so that what else has to be answered does not wait long for one message. */
const MOST_MESSAGE = 16_384;

/** The whole zone as it is now (RFC 5936 section 2.2). */
export function wholeTransfer(zone: Zone, message: Buffer, query: Query): Transfer {
  return { kind: 'axfr', messages: messagesOf(wholeZone(zone, zone.entries()), message, query) };
}

/** What changed since the secondary's serial, or the whole zone where that is not known (RFC 1995 section 4). */
export function incrementalTransfer(zone: Zone, message: Buffer, query: Query): Transfer {
  const { serial = 0 } = query;
  if (!isNewer(zone.serial, serial)) {
    const soa = [recordOf(APEX, zone.soa)];
    return { kind: 'up-to-date', messages: messagesOf(soa, message, query) };
  }
  const differences = zone.journal.since(serial);
  if (differences === undefined) return wholeTransfer(zone, message, query);
  return { kind: 'ixfr', messages: messagesOf(changes(zone, differences), message, query) };
}

function* wholeZone(zone: Zone, entries: Iterable<ZoneEntry>): Iterable<Buffer> {
  const soa = recordOf(APEX, zone.soa);
  yield soa;
  yield* recordsOf({ key: APEX, records: zone.ns.records });
  for (const entry of entries) yield* recordsOf(entry);
  yield soa;
}

/** Each change as the SOA before it and what goes, then the SOA after it and what comes, all between the newest SOA. */
function* changes(zone: Zone, differences: readonly Difference[]): Iterable<Buffer> {
  const soa = recordOf(APEX, zone.soa);
  yield soa;
  for (const { from, to, removed, added } of differences) {
    yield recordOf(APEX, zone.soaAt(from));
    for (const entry of removed) yield* recordsOf(entry);
    yield recordOf(APEX, zone.soaAt(to));
    for (const entry of added) yield* recordsOf(entry);
  }
  yield soa;
}

function* recordsOf({ key, records }: ZoneEntry): Iterable<Buffer> {
  for (const record of eachRecord(records)) yield recordOf(key, record);
}

/** With its owner, whose end is a pointer. */
function recordOf(key: string, record: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + 2 + record.length);
  bytes.write(key, 'latin1');
  bytes.writeUInt16BE(ZONE_POINTER, key.length);
  record.copy(bytes, key.length + 2);
  return bytes;
}

/** Every message has the question, which the pointers mean. */
function* messagesOf(records: Iterable<Buffer>, message: Buffer, query: Query): Iterable<Buffer> {
  let taken: Buffer[] = [];
  let size = 0;
  for (const record of records) {
    if (taken.length > 0 && size + record.length > MOST_MESSAGE) {
      yield messageOf(taken, message, query);
      taken = [];
      size = 0;
    }
    taken.push(record);
    size += record.length;
  }
  yield messageOf(taken, message, query);
}

function messageOf(records: readonly Buffer[], message: Buffer, { nameEnd }: Query): Buffer {
  const head = Buffer.from(message.subarray(0, nameEnd + QUESTION_REST));
  head.writeUInt16BE(FLAG.QR | FLAG.AA, 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, ...records]);
}
