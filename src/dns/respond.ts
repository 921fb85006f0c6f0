import { type Answer, answer, MOST_TCP, refusal, truncated, udpRoom } from './answer.ts';
import { CLASS, HEADER, RCODE, TYPE } from './codes.ts';
import { type Query, readQuery } from './query.ts';
import { incrementalTransfer, type Transfer, wholeTransfer } from './transfer.ts';
import { signLater, signRefusal, signResponse, type TsigKey, verifyRequest } from './tsig.ts';
import type { Zone } from './zone.ts';

/** What answers are made from. */
export interface Authority {
  readonly zone: Zone;
  /** The keys of secondaries: whoever signs with one may have the whole zone. */
  readonly keys: readonly TsigKey[];
}

export type Transport = 'udp' | 'tcp';

export type Response =
  /** What came is no query, and answering it would make two servers answer each other for ever. */
  | { readonly to: 'nobody' }
  /** `query` is what could be read of it. */
  | { readonly to: 'query'; readonly answer: Answer; readonly query: Query | undefined }
  | { readonly to: 'secondary'; readonly transfer: Transfer };

/** Room for the longest signature and its key's name (RFC 8945 section 4.2). */
const TSIG_ROOM = 400;

/** What is sent back for what came. `now`, in milliseconds since 1970, matters to signatures only. */
export function respond(
  { zone, keys }: Authority,
  message: Buffer,
  transport: Transport,
  now: number,
): Response {
  const reading = readQuery(message);
  if (reading.outcome === 'ignored') return { to: 'nobody' };
  if (reading.outcome === 'bad') return refused(message, undefined, reading.rcode);
  const { query } = reading;
  if (query.isSigned) return respondSigned({ zone, keys }, message, query, transport, now);
  const room = transport === 'udp' ? udpRoom(query) : MOST_TCP;
  return { to: 'query', answer: answer(zone, message, query, room), query };
}

function respondSigned(
  { zone, keys }: Authority,
  message: Buffer,
  query: Query,
  transport: Transport,
  now: number,
): Response {
  const verdict = verifyRequest(message, keys, now);
  switch (verdict.verdict) {
    case 'good': {
      const { key, mac } = verdict;
      const isTransfer = isTransferOf(zone, verdict.message, query);
      if (isTransfer && transport === 'tcp') {
        const whole = query.type === TYPE.AXFR ? wholeTransfer : incrementalTransfer;
        const { kind, messages } = whole(zone, verdict.message, query);
        return { to: 'secondary', transfer: { kind, messages: signed(messages, key, mac, now) } };
      }
      const room = (transport === 'udp' ? udpRoom(query) : MOST_TCP) - TSIG_ROOM;
      const found = isTransfer ? overTcp(verdict.message, query) : answer(zone, verdict.message, query, room);
      const { message: bytes } = signResponse(found.bytes, key, mac, now);
      return { to: 'query', answer: { ...found, bytes }, query };
    }
    case 'bad': {
      const found = refusal(message, query, RCODE.NOTAUTH);
      return { to: 'query', answer: { ...found, bytes: signRefusal(found.bytes, verdict, now) }, query };
    }
    default:
      return refused(message, query, RCODE.FORMERR);
  }
}

/** A transfer over UDP would hardly ever fit; a secondary that tries it comes again (RFC 1995 section 2). */
function overTcp(message: Buffer, query: Query): Answer {
  return { bytes: truncated(message, query), rcode: RCODE.NOERROR };
}

function isTransferOf(zone: Zone, message: Buffer, query: Query): boolean {
  const isTransfer = query.type === TYPE.AXFR || query.type === TYPE.IXFR;
  return isTransfer && query.class === CLASS.IN && zone.beginIn(message, query.nameEnd) === HEADER;
}

/** Each message with a signature that goes on from the one before (RFC 8945 section 5.3.1). */
function* signed(
  messages: Iterable<Buffer>,
  key: TsigKey,
  requestMac: Buffer,
  now: number,
): Iterable<Buffer> {
  let mac: Buffer | undefined;
  for (const message of messages) {
    const next =
      mac === undefined ? signResponse(message, key, requestMac, now) : signLater(message, key, mac, now);
    mac = next.mac;
    yield next.message;
  }
}

function refused(message: Buffer, query: Query | undefined, rcode: number): Response {
  return { to: 'query', answer: refusal(message, query, rcode), query };
}
