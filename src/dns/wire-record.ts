import { CLASS, TYPE } from './codes.ts';
import { nameToWire } from './wire-name.ts';

// Records as they stand in a message (RFC 1035 section 3.2.1), without their owner name. No name in their data is
// compressed, so that they can be made before it is known which message they will stand in.

/** Type, class, time to live and length, before the data. */
const FIXED = 10;
/** RFC 1035 section 3.3: a character-string has up to 255 octets. */
const MOST_STRING = 255;

export interface Soa {
  readonly primary: string;
  readonly mailbox: string;
  readonly serial: number;
  /** Seconds. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** How long it may be remembered that there is no such name (RFC 2308 section 4). */
  readonly negativeTtl: number;
}

export function soaRecord(soa: Soa, ttl: number): Buffer {
  const numbers = Buffer.alloc(20);
  const { serial, refresh, retry, expire, negativeTtl } = soa;
  for (const [index, value] of [serial, refresh, retry, expire, negativeTtl].entries()) {
    numbers.writeUInt32BE(value, 4 * index);
  }
  return record(TYPE.SOA, ttl, Buffer.concat([nameToWire(soa.primary), nameToWire(soa.mailbox), numbers]));
}

export function nsRecord(server: string, ttl: number): Buffer {
  return record(TYPE.NS, ttl, nameToWire(server));
}

/** A text of ASCII, cut into as few strings as it takes: readers join them with nothing in between. */
export function txtRecord(text: string, ttl: number): Buffer {
  const strings = Math.max(1, Math.ceil(text.length / MOST_STRING));
  const bytes = head(TYPE.TXT, ttl, strings + text.length);
  for (let index = 0; index < strings; index += 1) {
    const from = index * MOST_STRING;
    const at = FIXED + from + index;
    const string = text.slice(from, from + MOST_STRING);
    bytes.writeUInt8(string.length, at);
    bytes.write(string, at + 1, 'latin1');
  }
  return bytes;
}

/** What is answered to a query for any type (RFC 8482 section 4.2). */
export function anyRecord(ttl: number): Buffer {
  const cpu = Buffer.from('RFC8482');
  return record(TYPE.HINFO, ttl, Buffer.concat([Buffer.of(cpu.length), cpu, Buffer.of(0)]));
}

function record(type: number, ttl: number, data: Buffer): Buffer {
  const bytes = head(type, ttl, data.length);
  data.copy(bytes, FIXED);
  return bytes;
}

/** A record with room for so many octets of data. */
function head(type: number, ttl: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(FIXED + length);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(CLASS.IN, 2);
  bytes.writeUInt32BE(ttl, 4);
  bytes.writeUInt16BE(length, 8);
  return bytes;
}

/** The records that stand one after the other, each for itself. */
export function* eachRecord(records: Buffer): Iterable<Buffer> {
  for (let at = 0; at < records.length; ) {
    const end = at + FIXED + records.readUInt16BE(at + 8);
    yield records.subarray(at, end);
    at = end;
  }
}
