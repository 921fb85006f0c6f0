import { type Extent, FIXED, recordsOf } from './message-records.ts';
import { canonicalName, readWireName } from './wire-name.ts';

/** What a TSIG record says (RFC 8945 section 4.2). */
export interface TsigRecord {
  /** Of the key, and of the algorithm: canonical wire form. */
  readonly keyName: Buffer;
  readonly algorithm: Buffer;
  /** Seconds since 1970. */
  readonly time: number;
  /** Seconds. */
  readonly fudge: number;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly error: number;
  readonly other: Buffer;
}

/** A message taken apart at its TSIG record, which stands at its end. */
export type TsigSplit =
  | { readonly found: 'record'; readonly record: TsigRecord; readonly rest: Buffer }
  | { readonly found: 'none' }
  /** To be answered with FORMERR (RFC 8945 section 5.2). */
  | { readonly found: 'malformed'; readonly why: string };

const ARCOUNT = 10;
const TSIG = 250;
const ANY = 255;
/** Time, fudge and size, before the MAC. */
const BEFORE_MAC = 10;
/** Original id, error and size, after it. */
const AFTER_MAC = 6;

/** Adds the record at the message's end. */
export function appendTsig(message: Uint8Array, record: TsigRecord): Buffer {
  const { mac, other } = record;
  const rdata = Buffer.concat([
    record.algorithm,
    timers(record),
    uint16(mac.length),
    mac,
    uint16(record.originalId),
    uint16(record.error),
    uint16(other.length),
    other,
  ]);
  const fixed = Buffer.alloc(FIXED);
  fixed.writeUInt16BE(TSIG, 0);
  fixed.writeUInt16BE(ANY, 2);
  fixed.writeUInt16BE(rdata.length, 8);
  const signed = Buffer.concat([message, record.keyName, fixed, rdata]);
  signed.writeUInt16BE(signed.readUInt16BE(ARCOUNT) + 1, ARCOUNT);
  return signed;
}

/** Time signed and fudge, as they stand in the record and in the digest. */
export function timers({ time, fudge }: Pick<TsigRecord, 'time' | 'fudge'>): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntBE(time, 0, 6);
  bytes.writeUInt16BE(fudge, 6);
  return bytes;
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** Takes the record off; what is left has the message id that it was signed with (RFC 8945 section 5.3). */
export function splitTsig(bytes: Uint8Array): TsigSplit {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records = recordsOf(message);
  if (records === undefined) return malformed('the message breaks off, or goes on after its last record');
  const signatures = records.filter(({ fixed }) => message.readUInt16BE(fixed) === TSIG);
  const [last] = signatures;
  if (last === undefined) return { found: 'none' };
  const isLast = last === records.at(-1) && last.section === 2;
  if (signatures.length > 1 || !isLast) return malformed('a TSIG record stands elsewhere than at the end');
  const record = readRecord(message, last);
  if (record === undefined) return malformed('the TSIG record is malformed');
  const rest = Buffer.from(message.subarray(0, last.start));
  rest.writeUInt16BE(record.originalId, 0);
  rest.writeUInt16BE(rest.readUInt16BE(ARCOUNT) - 1, ARCOUNT);
  return { found: 'record', record, rest };
}

function malformed(why: string): TsigSplit {
  return { found: 'malformed', why };
}

function readRecord(message: Buffer, { start, fixed, end }: Extent): TsigRecord | undefined {
  const keyName = readWireName(message, start);
  const isOfClassAny = message.readUInt16BE(fixed + 2) === ANY && message.readUInt32BE(fixed + 4) === 0;
  const algorithm = readWireName(message, fixed + FIXED);
  if (keyName === undefined || !isOfClassAny || algorithm === undefined || algorithm.compressed)
    return undefined;
  const rdata = message.subarray(algorithm.end, end);
  if (rdata.length < BEFORE_MAC + AFTER_MAC) return undefined;
  const macEnd = BEFORE_MAC + rdata.readUInt16BE(8);
  if (macEnd + AFTER_MAC > rdata.length) return undefined;
  const other = rdata.subarray(macEnd + AFTER_MAC);
  if (other.length !== rdata.readUInt16BE(macEnd + 4)) return undefined;
  return {
    keyName: canonicalName(keyName.wire),
    algorithm: canonicalName(algorithm.wire),
    time: rdata.readUIntBE(0, 6),
    fudge: rdata.readUInt16BE(6),
    mac: Buffer.from(rdata.subarray(BEFORE_MAC, macEnd)),
    originalId: rdata.readUInt16BE(macEnd),
    error: rdata.readUInt16BE(macEnd + 2),
    other: Buffer.from(other),
  };
}
