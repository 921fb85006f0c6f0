import { FLAG, HEADER } from './codes.ts';
import { FIXED, recordsOf } from './message-records.ts';
import { canonicalName, readWireName } from './wire-name.ts';

/** A record of a response. */
interface ResponseRecord {
  /** Canonical wire form. */
  readonly name: Buffer;
  readonly type: number;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: Buffer;
}

/** A response as its asker reads it. */
export interface Response {
  readonly rcode: number;
  readonly isAuthoritative: boolean;
  readonly answers: readonly ResponseRecord[];
  readonly authorities: readonly ResponseRecord[];
}

/** Whether these bytes are the response to a message, so far as their headers tell (RFC 1035 section 4.1.1). */
export function isResponseTo(message: Buffer, bytes: Buffer): boolean {
  if (bytes.length < HEADER) return false;
  const [asked, flags] = [message.readUInt16BE(2), bytes.readUInt16BE(2)];
  return bytes.readUInt16BE(0) === message.readUInt16BE(0) && (asked ^ flags) >> 11 === 0x10;
}

/** Whether it did not fit, and is to be asked for over TCP. */
export function isTruncated(bytes: Buffer): boolean {
  return bytes.length >= HEADER && (bytes.readUInt16BE(2) & FLAG.TC) !== 0;
}

/** Undefined where the bytes are no whole message. */
export function readResponse(bytes: Buffer): Response | undefined {
  const extents = recordsOf(bytes);
  if (extents === undefined) return undefined;
  const inSection = (wanted: number): ResponseRecord[] =>
    extents
      .filter(({ section }) => section === wanted)
      .map(({ start, fixed, end }) => ({
        name: canonicalName(readWireName(bytes, start)?.wire ?? Buffer.alloc(0)),
        type: bytes.readUInt16BE(fixed),
        class: bytes.readUInt16BE(fixed + 2),
        ttl: bytes.readUInt32BE(fixed + 4),
        data: bytes.subarray(fixed + FIXED, end),
      }));
  const flags = bytes.readUInt16BE(2);
  return {
    rcode: flags & 0xf,
    isAuthoritative: (flags & FLAG.AA) !== 0,
    answers: inSection(0),
    authorities: inSection(1),
  };
}
