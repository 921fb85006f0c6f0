import { CLASS, FLAG, HEADER, OPCODE, RCODE, TYPE } from './codes.ts';

/** What a query asks, with places in the message that it was read from. */
export interface Query {
  /** Where the type follows the name. */
  readonly nameEnd: number;
  readonly type: number;
  readonly class: number;
  readonly edns: Edns | undefined;
  /** Whether a TSIG record stands at its end. */
  readonly isSigned: boolean;
  /** The serial of the zone that the sender of an IXFR has. */
  readonly serial: number | undefined;
}

/** What the OPT record of a query says (RFC 6891 section 6.1). */
interface Edns {
  /** The most octets of an answer over UDP. */
  readonly size: number;
  readonly version: number;
  readonly dnssecOk: boolean;
}

export type QueryReading =
  | { readonly outcome: 'query'; readonly query: Query }
  /** Nothing to be answered: a response, or too short for a header. */
  | { readonly outcome: 'ignored' }
  /** To be answered with this code. */
  | { readonly outcome: 'bad'; readonly rcode: number };

const IGNORED: QueryReading = { outcome: 'ignored' };
const MALFORMED: QueryReading = { outcome: 'bad', rcode: RCODE.FORMERR };
const NOT_IMPLEMENTED: QueryReading = { outcome: 'bad', rcode: RCODE.NOTIMP };

/** The question's type and class. */
const QUESTION_REST = 4;
/** Type, class, time to live and length of a record. */
const RECORD_REST = 10;
const POINTER = 0xc0;
const MOST_LABEL = 63;
const MOST_NAME = 255;
const DNSSEC_OK = 0x8000;

/**
 * Reads a query strictly: one question, no answers, at most one OPT record, a TSIG record as the last one only, and
 * nothing after it. Answering what is malformed with FORMERR is all that is done about it.
 */
export function readQuery(message: Buffer): QueryReading {
  if (message.length < HEADER) return IGNORED;
  const flags = message.readUInt16BE(2);
  if ((flags & FLAG.QR) !== 0) return IGNORED;
  if (opcodeOf(flags) !== OPCODE.QUERY) return NOT_IMPLEMENTED;
  if (message.readUInt16BE(4) !== 1 || message.readUInt16BE(6) !== 0) return MALFORMED;
  const nameEnd = plainNameEnd(message);
  if (nameEnd === 0 || nameEnd + QUESTION_REST > message.length) return MALFORMED;
  const type = message.readUInt16BE(nameEnd);
  const rest = readRest(message, nameEnd + QUESTION_REST, type === TYPE.IXFR ? 1 : 0);
  if (rest === undefined) return MALFORMED;
  const query = { nameEnd, type, class: message.readUInt16BE(nameEnd + 2), ...rest };
  return { outcome: 'query', query };
}

export function opcodeOf(flags: number): number {
  return (flags >> 11) & 0xf;
}

type Rest = Pick<Query, 'edns' | 'isSigned' | 'serial'>;

const NO_REST: Rest = { edns: undefined, isSigned: false, serial: undefined };

/** @param authority how many records its authority section is to have. */
function readRest(message: Buffer, begin: number, authority: number): Rest | undefined {
  const authorities = message.readUInt16BE(8);
  if (authorities !== authority) return undefined;
  const count = authorities + message.readUInt16BE(10);
  if (count === 0) return begin === message.length ? NO_REST : undefined;
  let { edns, isSigned, serial } = NO_REST;
  let at = begin;
  for (let index = 0; index < count; index += 1) {
    const fixed = nameEndAt(message, at);
    if (isSigned || fixed === 0 || fixed + RECORD_REST > message.length) return undefined;
    const type = message.readUInt16BE(fixed);
    const end = fixed + RECORD_REST + message.readUInt16BE(fixed + 8);
    if (end > message.length) return undefined;
    if (index < authorities) {
      serial = type === TYPE.SOA ? soaSerial(message, fixed + RECORD_REST, end) : undefined;
      if (serial === undefined) return undefined;
    } else if (type === TYPE.OPT) {
      if (edns !== undefined || message[at] !== 0) return undefined;
      edns = {
        size: message.readUInt16BE(fixed + 2),
        version: message[fixed + 5] ?? 0,
        dnssecOk: (message.readUInt16BE(fixed + 6) & DNSSEC_OK) !== 0,
      };
    } else if (type === TYPE.TSIG) {
      if (message.readUInt16BE(fixed + 2) !== CLASS.ANY) return undefined;
      isSigned = true;
    }
    at = end;
  }
  return at === message.length ? { edns, isSigned, serial } : undefined;
}

/** Where the question's name ends; 0 where it is none. Nothing stands before it that a pointer could mean. */
function plainNameEnd(message: Buffer): number {
  let at = HEADER;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > MOST_LABEL || at - HEADER >= MOST_NAME) return 0;
    at += 1 + length;
    if (length === 0) return at;
  }
}

/** Where a record's name ends, by its root or by a pointer; 0 where it does not. */
function nameEndAt(message: Buffer, begin: number): number {
  for (let at = begin; ; ) {
    const length = message[at];
    if (length === undefined || at - begin >= MOST_NAME) return 0;
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2;
    if (length > MOST_LABEL) return 0;
    at += 1 + length;
  }
}

function soaSerial(message: Buffer, begin: number, end: number): number | undefined {
  const mailbox = nameEndAt(message, begin);
  const serial = mailbox === 0 ? 0 : nameEndAt(message, mailbox);
  return serial === 0 || serial + 20 !== end ? undefined : message.readUInt32BE(serial);
}
