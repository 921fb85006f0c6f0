import type { Hostname } from '../names/hostname.ts';

/** The challenge types that a policy host can answer by itself (RFC 8555 section 8.3, RFC 8737). */
export const CHALLENGE_TYPES = ['http-01', 'tls-alpn-01'] as const;
export type ChallengeType = (typeof CHALLENGE_TYPES)[number];

/** An answer that must be served while a CA looks for it. */
export interface Challenge {
  readonly type: ChallengeType;
  readonly host: Hostname;
  /** RFC 8555 section 8.3: the last part of the path. */
  readonly token: string;
  /** RFC 8555 section 8.1: token and account thumbprint. */
  readonly keyAuthorization: string;
}

/** Where challenges are answered: on every worker of every replica. */
export interface ChallengeBoard {
  /** Done when whoever the CA asks answers it. */
  put(challenge: Challenge): Promise<void>;
  remove(challenge: Challenge): Promise<void>;
}

export interface Order {
  readonly host: Hostname;
  /** The challenge types to try, the preferred one first. */
  readonly challenges: readonly ChallengeType[];
  /** The certificate (PEM) that this one is to replace (RFC 9773 section 5). */
  readonly replaces?: string;
}

/** What came of an order: each outcome is one that the caller treats differently. Times are milliseconds since 1970. */
export type OrderOutcome =
  /** `pem` holds the private key, then the chain, leaf first. */
  | { readonly outcome: 'issued'; readonly pem: string; readonly challenge: ChallengeType | undefined }
  | { readonly outcome: 'rate-limited'; readonly until: number; readonly why: string }
  /** The CA paused this name: a person has to lift it (Let's Encrypt's unpause link stands in `why`). */
  | { readonly outcome: 'paused'; readonly why: string }
  | { readonly outcome: 'challenge-failed'; readonly challenge: ChallengeType; readonly why: string }
  | { readonly outcome: 'caa-forbids'; readonly why: string }
  /** The CA will not issue for this name at all (RFC 8555 section 6.7, rejectedIdentifier and the like). */
  | { readonly outcome: 'rejected'; readonly why: string }
  /** The account can't be used: terms, contact, external account binding. */
  | { readonly outcome: 'account-refused'; readonly why: string }
  | { readonly outcome: 'unreachable'; readonly why: string };

/** What came of a change of the account's key. */
export type KeyChangeOutcome =
  | { readonly outcome: 'changed' }
  /** The CA does not do it: the key of before counts. */
  | { readonly outcome: 'refused'; readonly why: string }
  /** Nobody knows which key counts now: to be tried again with the same one. */
  | { readonly outcome: 'unreachable'; readonly why: string };

/** The window in which the CA wants a certificate renewed (RFC 9773 section 4.2). */
export interface RenewalInfo {
  readonly start: number;
  readonly end: number;
  /** When to ask again. */
  readonly askAgain: number;
  /** A page that tells why, where the CA gives one. */
  readonly explanation?: string;
}

/** What a CA says of itself in its directory. */
export interface CaFacts {
  /** The names that it answers to in CAA records (RFC 8555 section 7.1.1). */
  readonly issuers: readonly string[];
  readonly hasRenewalInfo: boolean;
}

/** One CA with one account. */
export interface Issuer {
  facts(signal: AbortSignal): Promise<CaFacts | { readonly outcome: 'unreachable'; readonly why: string }>;
  order(order: Order, signal: AbortSignal): Promise<OrderOutcome>;
  /** Gives the account another key (PEM), and uses it from then on. Not while an order is under way. */
  changeKey(accountKey: string, signal: AbortSignal): Promise<KeyChangeOutcome>;
  /** Undefined where the CA has no renewal information, or none for now. */
  renewalInfo(certificate: string, signal: AbortSignal): Promise<RenewalInfo | undefined>;
}
