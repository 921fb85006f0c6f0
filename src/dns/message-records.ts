import { HEADER } from './codes.ts';
import { readWireName } from './wire-name.ts';

/** Where a record of a message is. */
export interface Extent {
  /** 0 answer (in an update: prerequisite), 1 authority (update), 2 additional. */
  readonly section: 0 | 1 | 2;
  /** Of its owner name. */
  readonly start: number;
  /** Of its type, class, time to live and length. */
  readonly fixed: number;
  readonly end: number;
}

const SECTIONS = [
  { section: 0, at: 6 },
  { section: 1, at: 8 },
  { section: 2, at: 10 },
] as const;
/** Type and class, after the name of a question. */
const QUESTION_REST = 4;

/** Type, class, time to live and length, after the name of a record. */
export const FIXED = 10;

/** Where each record of a message is (RFC 1035 section 4.1); undefined where they do not fill it to its end. */
export function recordsOf(message: Buffer): readonly Extent[] | undefined {
  if (message.length < HEADER) return undefined;
  let offset = HEADER;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1) {
    const name = readWireName(message, offset);
    if (name === undefined) return undefined;
    offset = name.end + QUESTION_REST;
  }
  const records: Extent[] = [];
  for (const { section, at } of SECTIONS) {
    for (let left = message.readUInt16BE(at); left > 0; left -= 1) {
      const fixed = readWireName(message, offset)?.end;
      if (fixed === undefined || fixed + FIXED > message.length) return undefined;
      const end = fixed + FIXED + message.readUInt16BE(fixed + 8);
      records.push({ section, start: offset, fixed, end });
      offset = end;
    }
  }
  return offset === message.length ? records : undefined;
}
