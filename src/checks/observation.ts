import type { CaaAnswer, CaaIdentity } from '../certs/caa.ts';
import type { ChallengeType } from '../certs/issuer.ts';
import type { Flaw } from '../flaws/flaw.ts';
import type { Hostname } from '../names/hostname.ts';

/** What DNS says to a question. That there is none and that nobody knows are never the same. */
export type Answer<T> =
  | { readonly outcome: 'found'; readonly records: readonly T[] }
  /** The name has no such record, or is not there at all. */
  | { readonly outcome: 'none' }
  | { readonly outcome: 'failed'; readonly why: string };

/** The addresses of a name, aliases followed. */
export interface Addresses {
  readonly ipv4: Answer<string>;
  readonly ipv6: Answer<string>;
}

/** Who answered at an address where a challenge of ours should be found. */
export type Seen =
  | { readonly seen: 'reached' }
  | { readonly seen: 'other'; readonly who: string }
  /** `fromHere`: it is this machine's network that does not lead there, which says nothing about a CA's. */
  | { readonly seen: 'unreachable'; readonly why: string; readonly fromHere: boolean };

export interface PathSeen {
  readonly type: ChallengeType;
  readonly address: string;
  readonly answer: Seen;
}

/** A CA that an order may go to. */
export interface CaToAsk {
  readonly name: string;
  readonly caa: CaaIdentity;
  /** The challenge types that it may be offered, the preferred one first. */
  readonly challenges: readonly ChallengeType[];
}

/** All that was seen of a host from outside. */
export interface Observation {
  readonly host: Hostname;
  /** The name that the host should be an alias of; may be the host itself. */
  readonly serviceName: string;
  readonly cas: readonly CaToAsk[];
  readonly addresses: Addresses;
  /** The aliases from the host on, each the target of the one before. */
  readonly aliases: Answer<string>;
  readonly service: Addresses;
  /** One for each of {@link caaNames}. */
  readonly caa: ReadonlyMap<string, CaaAnswer>;
  /** Each address with each challenge type that a CA may be offered. */
  readonly paths: readonly PathSeen[];
}

/** A flaw of what the world sees; its path is the DNS name that was looked at. */
export interface Finding extends Flaw {
  /** The record to set or, where the remedy says so, to remove, as a zone file has it. */
  readonly record?: string;
}

/** IPv4 first. */
export function addressesOf({ ipv4, ipv6 }: Addresses): readonly string[] {
  return [...recordsOf(ipv4), ...recordsOf(ipv6)];
}

export function recordsOf<T>(answer: Answer<T>): readonly T[] {
  return answer.outcome === 'found' ? answer.records : [];
}
