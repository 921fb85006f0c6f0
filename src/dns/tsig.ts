import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { appendTsig, splitTsig, type TsigRecord, timers, uint16 } from './tsig-record.ts';
import { canonicalName, nameToWire } from './wire-name.ts';

// Transaction signatures (RFC 8945) on the bytes of DNS messages. `now` is in milliseconds since 1970.

/** The algorithms that are spoken, with their hash and its octets; RFC 8945 section 6 calls the others historic. */
const ALGORITHMS = {
  'hmac-sha256': { hash: 'sha256', octets: 32 },
  'hmac-sha384': { hash: 'sha384', octets: 48 },
  'hmac-sha512': { hash: 'sha512', octets: 64 },
} as const;

export type TsigAlgorithm = keyof typeof ALGORITHMS;
export const TSIG_ALGORITHMS = Object.keys(ALGORITHMS) as readonly TsigAlgorithm[];

export interface TsigKey {
  /** Without the last dot. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  /** An object of the runtime's, which shows its bytes to nobody who prints it. */
  readonly secret: KeyObject;
  /** Name and algorithm in canonical wire form. */
  readonly wire: { readonly name: Buffer; readonly algorithm: Buffer };
}

/** Throws RangeError where `name` is no domain name. */
export function tsigKey(name: string, algorithm: TsigAlgorithm, secret: Uint8Array): TsigKey {
  const wire = { name: canonicalName(nameToWire(name)), algorithm: nameToWire(algorithm) };
  return { name, algorithm, secret: createSecretKey(secret), wire };
}

export interface SignedMessage {
  readonly message: Buffer;
  /** What the signature of the answer, or of the next message of a stream, goes on from. */
  readonly mac: Buffer;
}

/** The errors that a TSIG record tells (RFC 8945 section 3, RFC 2930 section 2.6 for the numbers). */
const ERRORS = { BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const;
type TsigError = keyof typeof ERRORS;

/** A signature that does not hold: the answer is NOTAUTH, signed as {@link signRefusal} does. */
export interface BadSignature {
  readonly verdict: 'bad';
  readonly error: TsigError;
  readonly record: TsigRecord;
  /** Undefined where the key is not known. */
  readonly key: TsigKey | undefined;
}

export type TsigVerdict =
  /** `message` is what was signed: without the record, and with the id that it was sent with. */
  | { readonly verdict: 'good'; readonly key: TsigKey; readonly mac: Buffer; readonly message: Buffer }
  | { readonly verdict: 'unsigned' }
  /** A request is to be answered with FORMERR. */
  | { readonly verdict: 'malformed'; readonly why: string }
  | BadSignature;

/** What a client learns besides: that the server did not take its signature, by what it says. */
export type TsigAnswerVerdict =
  | TsigVerdict
  | {
      readonly verdict: 'refused';
      readonly error: TsigError | number;
      /** Milliseconds since 1970, with BADTIME. */
      readonly serverTime: number | undefined;
    };

// Seconds: RFC 8945 section 10 recommends five minutes.
const FUDGE = 300;
const FEWEST_MAC = 10;

/** What a signature covers before the message itself. */
interface Context {
  /** Of the request, or of the message before in a stream. */
  readonly prior?: Buffer | undefined;
  /** Unsigned messages since then. */
  readonly between?: readonly Uint8Array[];
  /** Whether it is the second message of a stream, or a later one. */
  readonly isLater?: boolean;
}

export function signRequest(message: Uint8Array, key: TsigKey, now: number): SignedMessage {
  return sign(message, key, {}, { time: seconds(now) });
}

/** Signs an answer, or the first message of a stream of answers. */
export function signResponse(
  message: Uint8Array,
  key: TsigKey,
  requestMac: Buffer,
  now: number,
): SignedMessage {
  return sign(message, key, { prior: requestMac }, { time: seconds(now) });
}

/** Signs the second message of a stream over TCP, or a later one (RFC 8945 section 5.3.1). */
export function signLater(message: Uint8Array, key: TsigKey, priorMac: Buffer, now: number): SignedMessage {
  return sign(message, key, { prior: priorMac, isLater: true }, { time: seconds(now) });
}

/**
 * Signs the answer to a request whose signature does not hold (RFC 8945 section 5.3.2), so far as it may be signed:
 * not where the key or the signature is wrong.
 */
export function signRefusal(message: Uint8Array, { error, record, key }: BadSignature, now: number): Buffer {
  const code = ERRORS[error];
  if (key === undefined || error === 'BADKEY' || error === 'BADSIG') {
    const { keyName, algorithm, time, fudge, originalId } = record;
    const nothing = Buffer.alloc(0);
    return appendTsig(message, {
      keyName,
      algorithm,
      time,
      fudge,
      originalId,
      mac: nothing,
      error: code,
      other: nothing,
    });
  }
  // The client's own time, so that the client can verify what tells it that its time is wrong (section 5.2.3).
  const times =
    error === 'BADTIME'
      ? { time: record.time, fudge: record.fudge, other: uint48(seconds(now)) }
      : { time: seconds(now) };
  return sign(message, key, { prior: record.mac }, { ...times, error: code }).message;
}

export function verifyRequest(message: Uint8Array, keys: readonly TsigKey[], now: number): TsigVerdict {
  return verify(message, keys, {}, now);
}

/** Verifies an answer, or the first message of a stream of answers. */
export function verifyResponse(
  message: Uint8Array,
  key: TsigKey,
  requestMac: Buffer,
  now: number,
): TsigAnswerVerdict {
  const split = splitTsig(message);
  if (split.found === 'record') {
    const { error, mac } = split.record;
    // Nobody vouches for these two: the server had no key to sign them with (RFC 8945 section 5.3.2).
    const isUnsigned = mac.length === 0 && (error === ERRORS.BADKEY || error === ERRORS.BADSIG);
    if (isUnsigned) return refused(split.record);
  }
  const verdict = verify(message, [key], { prior: requestMac }, now);
  const isRefused = verdict.verdict === 'good' && split.found === 'record' && split.record.error !== 0;
  return isRefused ? refused(split.record) : verdict;
}

/**
 * Verifies the second message of a stream over TCP, or a later one (RFC 8945 section 5.3.1).
 * @param between the unsigned messages since the signed one that `priorMac` is of; 99 at most are lawful.
 */
export function verifyLater(
  message: Uint8Array,
  key: TsigKey,
  priorMac: Buffer,
  now: number,
  between: readonly Uint8Array[] = [],
): TsigVerdict {
  return verify(message, [key], { prior: priorMac, between, isLater: true }, now);
}

function sign(
  message: Uint8Array,
  key: TsigKey,
  context: Context,
  fields: Partial<TsigRecord> & Pick<TsigRecord, 'time'>,
): SignedMessage {
  const unsigned = {
    keyName: key.wire.name,
    algorithm: key.wire.algorithm,
    fudge: FUDGE,
    originalId: Buffer.from(message.subarray(0, 2)).readUInt16BE(),
    error: 0,
    other: Buffer.alloc(0),
    ...fields,
  };
  const mac = macOf(message, key, context, unsigned);
  return { message: appendTsig(message, { ...unsigned, mac }), mac };
}

/** Key, signature, time and length, in the order of RFC 8945 section 5.2. */
function verify(message: Uint8Array, keys: readonly TsigKey[], context: Context, now: number): TsigVerdict {
  const split = splitTsig(message);
  if (split.found === 'none') return { verdict: 'unsigned' };
  if (split.found === 'malformed') return { verdict: 'malformed', why: split.why };
  const { record, rest } = split;
  const key = keys.find(
    ({ wire }) => wire.name.equals(record.keyName) && wire.algorithm.equals(record.algorithm),
  );
  const bad = (error: TsigError): BadSignature => ({ verdict: 'bad', error, record, key });
  if (key === undefined) return bad('BADKEY');
  const { octets } = ALGORITHMS[key.algorithm];
  const { length } = record.mac;
  // Section 5.2.2.1: what is as short as this was not even meant as a truncated signature.
  if (length > octets || length < Math.max(FEWEST_MAC, octets / 2)) {
    return { verdict: 'malformed', why: `a signature of ${length} octets is none of ${key.algorithm}` };
  }
  const mac = macOf(rest, key, context, record);
  if (!timingSafeEqual(mac.subarray(0, length), record.mac)) return bad('BADSIG');
  if (Math.abs(seconds(now) - record.time) > record.fudge) return bad('BADTIME');
  if (length < octets) return bad('BADTRUNC');
  return { verdict: 'good', key, mac: record.mac, message: rest };
}

function refused({ error, other }: TsigRecord): TsigAnswerVerdict {
  const [name] = (Object.keys(ERRORS) as TsigError[]).filter((known) => ERRORS[known] === error);
  const serverTime = name === 'BADTIME' && other.length === 6 ? 1000 * other.readUIntBE(0, 6) : undefined;
  return { verdict: 'refused', error: name ?? error, serverTime };
}

type Unsigned = Omit<TsigRecord, 'mac'>;

/** RFC 8945 section 4.3. */
function macOf(message: Uint8Array, key: TsigKey, context: Context, record: Unsigned): Buffer {
  const { prior, between = [], isLater = false } = context;
  const hmac = createHmac(ALGORITHMS[key.algorithm].hash, key.secret);
  if (prior !== undefined) hmac.update(uint16(prior.length)).update(prior);
  for (const unsigned of between) hmac.update(unsigned);
  return hmac
    .update(message)
    .update(isLater ? timers(record) : variables(record))
    .digest();
}

/** RFC 8945 section 4.3.3. */
function variables(record: Unsigned): Buffer {
  const classAndTtl = Buffer.from([0, 255, 0, 0, 0, 0]);
  return Buffer.concat([
    record.keyName,
    classAndTtl,
    record.algorithm,
    timers(record),
    uint16(record.error),
    uint16(record.other.length),
    record.other,
  ]);
}

function seconds(now: number): number {
  return Math.floor(now / 1000);
}

function uint48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}
