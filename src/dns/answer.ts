import { CLASS, FLAG, HEADER, RCODE, TYPE } from './codes.ts';
import type { Query } from './query.ts';
import type { Zone } from './zone.ts';

/** A message to send. */
export interface Answer {
  readonly bytes: Buffer;
  readonly rcode: number;
}

/** What a message says after its question. Records are without their owner. */
interface Content {
  readonly rcode: number;
  /** Whether it is about a name of our zone. */
  readonly isOurs: boolean;
  /** Of the question's name. */
  readonly answers?: Records;
  /** Of the zone's own name, which begins at `zoneAt`. */
  readonly authority?: Records;
  readonly zoneAt?: number;
}

interface Records {
  readonly records: Buffer;
  readonly count: number;
}

/** Octets of a message over UDP that pass everywhere unbroken; what clients allow above this is not used. */
export const MOST_UDP = 1232;
/** What every client takes over UDP (RFC 1035 section 4.2.1). */
const LEAST_UDP = 512;
export const MOST_TCP = 65_535;

/** Type and class of the question. */
const QUESTION_REST = 4;
const POINTER = 0xc000;
const OPT_LENGTH = 11;
const DNSSEC_OK = 0x8000;
/** Of a record without its owner, which becomes a pointer of two octets. */
const LENGTH_AT = 8;
const FIXED = 10;
const OWNER = 2;

/** The answer to a query of the ordinary kind: a pure look-up. @param room the most octets that it may have. */
export function answer(zone: Zone, message: Buffer, query: Query, room: number): Answer {
  return compose(message, query, contentOf(zone, message, query), room);
}

/** The most octets of an answer over UDP that the client takes (RFC 6891 section 6.2.3). */
export function udpRoom({ edns }: Query): number {
  return edns === undefined ? LEAST_UDP : Math.min(MOST_UDP, Math.max(LEAST_UDP, edns.size));
}

/** An answer that says no more than its code, with the question where it could be read. */
export function refusal(message: Buffer, query: Query | undefined, rcode: number): Answer {
  if (query !== undefined) return compose(message, query, { rcode, isOurs: false }, LEAST_UDP);
  const bytes = Buffer.alloc(HEADER);
  message.copy(bytes, 0, 0, 4);
  // The opcode and whether recursion was asked for are the client's.
  bytes.writeUInt16BE((message.readUInt16BE(2) & OPCODE_AND_RD) | FLAG.QR | rcode, 2);
  return { bytes, rcode };
}

const OPCODE_AND_RD = 0x7900;

/** The same answer without its records, which sends the client to TCP. It is no longer than the query. */
export function truncated(message: Buffer, query: Query): Buffer {
  const { bytes } = compose(message, query, { rcode: RCODE.NOERROR, isOurs: false }, LEAST_UDP);
  bytes.writeUInt16BE(bytes.readUInt16BE(2) | FLAG.TC, 2);
  return bytes;
}

function contentOf(zone: Zone, message: Buffer, query: Query): Content {
  const { nameEnd, type, edns } = query;
  if (edns !== undefined && edns.version > 0) return { rcode: RCODE.BADVERS, isOurs: false };
  const zoneAt = query.class === CLASS.IN ? zone.beginIn(message, nameEnd) : 0;
  // Transfers are for those who sign, and answered elsewhere.
  if (zoneAt === 0 || type === TYPE.AXFR || type === TYPE.IXFR) {
    return { rcode: RCODE.REFUSED, isOurs: false };
  }
  const no = { authority: { records: zone.negativeSoa, count: 1 }, zoneAt, isOurs: true } as const;
  if (zoneAt === HEADER) return apex(zone, type) ?? { rcode: RCODE.NOERROR, ...no };
  // No octet but a letter of ASCII becomes one by this, and the zone has no others.
  const found = zone.find(message.toString('latin1', HEADER, zoneAt).toLowerCase());
  if (found.at === 'nowhere') return { rcode: RCODE.NXDOMAIN, ...no };
  const answers = found.at === 'branch' ? undefined : matching(type, found, zone);
  return answers === undefined ? { rcode: RCODE.NOERROR, ...no } : positive(answers);
}

function apex(zone: Zone, type: number): Content | undefined {
  if (type === TYPE.SOA) return positive({ records: zone.soa, count: 1 });
  if (type === TYPE.NS) return positive(zone.ns);
  return type === TYPE.ANY ? positive({ records: zone.any, count: 1 }) : undefined;
}

function matching(type: number, found: Records, zone: Zone): Records | undefined {
  if (type === TYPE.TXT) return found;
  return type === TYPE.ANY ? { records: zone.any, count: 1 } : undefined;
}

function positive(answers: Records): Content {
  return { rcode: RCODE.NOERROR, isOurs: true, answers };
}

/** Header, question in the client's letter case, records with pointers as owners, and OPT where the query has it. */
function compose(message: Buffer, query: Query, content: Content, room: number): Answer {
  const { rcode, isOurs, answers, authority, zoneAt = 0 } = content;
  const { edns } = query;
  const questionEnd = query.nameEnd + QUESTION_REST;
  const size = sizeOf(answers) + sizeOf(authority);
  const end = questionEnd + (edns === undefined ? 0 : OPT_LENGTH);
  const isWhole = end + size <= room;
  const bytes = Buffer.allocUnsafe(isWhole ? end + size : end);
  message.copy(bytes, 0, 0, questionEnd);
  const flags = (message.readUInt16BE(2) & FLAG.RD) | FLAG.QR | (isOurs ? FLAG.AA : 0);
  bytes.writeUInt16BE(flags | (isWhole ? 0 : FLAG.TC) | (rcode & 0xf), 2);
  bytes.writeUInt16BE(isWhole ? (answers?.count ?? 0) : 0, 6);
  bytes.writeUInt16BE(isWhole ? (authority?.count ?? 0) : 0, 8);
  bytes.writeUInt16BE(edns === undefined ? 0 : 1, 10);
  let at = questionEnd;
  if (isWhole) {
    at = place(bytes, at, answers, HEADER);
    at = place(bytes, at, authority, zoneAt);
  }
  if (edns !== undefined) writeOpt(bytes, at, rcode, edns.dnssecOk);
  return { bytes, rcode };
}

function sizeOf(records: Records | undefined): number {
  return records === undefined ? 0 : records.records.length + OWNER * records.count;
}

/** @param owner where the name that all of them have stands. */
function place(bytes: Buffer, begin: number, records: Records | undefined, owner: number): number {
  if (records === undefined) return begin;
  let to = begin;
  for (let from = 0; from < records.records.length; ) {
    const end = from + FIXED + records.records.readUInt16BE(from + LENGTH_AT);
    bytes.writeUInt16BE(POINTER | owner, to);
    records.records.copy(bytes, to + OWNER, from, end);
    to += OWNER + end - from;
    from = end;
  }
  return to;
}

/** RFC 6891 section 6.1.3; the DO bit is given back (RFC 3225 section 3). */
function writeOpt(bytes: Buffer, at: number, rcode: number, isDnssecOk: boolean): void {
  bytes.writeUInt8(0, at);
  bytes.writeUInt16BE(TYPE.OPT, at + 1);
  bytes.writeUInt16BE(MOST_UDP, at + 3);
  bytes.writeUInt16BE((rcode >> 4) << 8, at + 5);
  bytes.writeUInt16BE(isDnssecOk ? DNSSEC_OK : 0, at + 7);
  bytes.writeUInt16BE(0, at + 9);
}
