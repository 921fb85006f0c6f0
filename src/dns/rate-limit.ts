import { HEADER } from './codes.ts';

/** What becomes of an answer over UDP: sent, sent without its records so that the client comes over TCP, or not. */
export type Verdict = 'send' | 'slip' | 'drop';

export interface RateLimitOptions {
  /** Answers of one kind to one network in a second. */
  readonly perSecond: number;
  /** Mixed into every key, so that nobody can choose whom to share a place with. */
  readonly seed: number;
  /** Places; what falls on the same one is counted together. A power of two. */
  readonly places?: number;
}

const PLACES = 65_536;
/** Of the answers over the limit each one of so many slips. */
const SLIP = 2;

/**
 * Response rate limiting: whoever sends queries under a false address can have that network's hosts flooded with the
 * same answers at no more than this rate. A real resolver that is hit comes over TCP. The memory is bounded: where too
 * many networks ask at once, some share a place and are limited sooner.
 */
export class RateLimit {
  readonly #interval: number;
  readonly #burst: number;
  readonly #seed: number;
  readonly #mask: number;
  /** Up to when the answers that were sent have used up the rate, in milliseconds. */
  readonly #until: Float64Array;
  readonly #limited: Uint8Array;

  constructor({ perSecond, seed, places = PLACES }: RateLimitOptions) {
    this.#interval = 1000 / perSecond;
    // A second's worth at once.
    this.#burst = 1000 - this.#interval;
    this.#seed = seed;
    this.#mask = places - 1;
    this.#until = new Float64Array(places);
    this.#limited = new Uint8Array(places);
  }

  /**
   * Counts an answer. @param kind what is counted together: the same answer, or all that say no.
   * @param now milliseconds of a clock that does not go back.
   */
  spend(address: string, kind: number, now: number): Verdict {
    const place = mix(networkOf(address, this.#seed), kind) & this.#mask;
    const until = Math.max(this.#until[place] ?? 0, now);
    if (until - now <= this.#burst) {
      this.#until[place] = until + this.#interval;
      return 'send';
    }
    const limited = ((this.#limited[place] ?? 0) + 1) % SLIP;
    this.#limited[place] = limited;
    return limited === 0 ? 'slip' : 'drop';
  }
}

/** A number for the name in a message's question, in whatever letter case it came. */
export function hashOfName(message: Uint8Array, nameEnd: number): number {
  let hash = 0;
  for (let at = HEADER; at < nameEnd; at += 1) hash = mix(hash, (message[at] ?? 0) | 0x20);
  return hash;
}

const IPV6_GROUPS = 8;
/** Groups of 16 bits that lie in the network as a whole; of the next one its upper half does. */
const NETWORK_GROUPS = 3;

/** A number for the /24 of an IPv4 address or the /56 of an IPv6 address. */
function networkOf(address: string, seed: number): number {
  const lastDot = address.lastIndexOf('.');
  if (lastDot < 0) return ipv6Network(address, seed);
  // An IPv4 client of an IPv6 socket is written ::ffff:192.0.2.1.
  let hash = seed;
  for (let at = address.lastIndexOf(':') + 1; at < lastDot; at += 1) hash = mix(hash, address.charCodeAt(at));
  return hash;
}

function ipv6Network(address: string, seed: number): number {
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? [] : tail.split(':');
    const zeros = IPV6_GROUPS - groups.length - after.length;
    groups.push(...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after);
  }
  let hash = seed;
  for (let index = 0; index < NETWORK_GROUPS; index += 1)
    hash = mix(hash, parseInt(groups[index] ?? '0', 16));
  return mix(hash, parseInt(groups[NETWORK_GROUPS] ?? '0', 16) >> 8);
}

/** One step of MurmurHash3's mixing. */
function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ Math.imul(value, 0xcc9e2d51), 0x1b873593);
  return mixed ^ (mixed >>> 15);
}
