import type { Hostname } from '../names/hostname.ts';

/** One TXT record set that is to be in DNS. */
export interface Announcement {
  /** The tenant that it is for. */
  readonly domain: Hostname;
  /** The owner name without the trailing dot, such as `example.com._mta-sts.z.sts.example.net`. */
  readonly name: string;
  /** The only value that is to be there; undefined where there is to be none. */
  readonly text: string | undefined;
  /** Seconds. */
  readonly ttl: number;
  /** Whether the name is there for us alone, so that any record of a text's kind may be replaced. */
  readonly isOurName?: boolean;
  /** What was announced there before, and so may be replaced too. */
  readonly earlier?: readonly string[];
}

/** What came of it: each outcome is one that the caller treats differently. Times are milliseconds since 1970. */
export type AnnounceOutcome =
  /** It is in the publisher's hands for good, also where it was there before. */
  | { readonly outcome: 'announced' }
  /** Something stands there that is not ours: nothing was changed, and a person has to decide. */
  | { readonly outcome: 'foreign'; readonly why: string; readonly remedy: string }
  /** The publisher will not, until a person changes something: credentials, a zone that is not there. */
  | { readonly outcome: 'refused'; readonly why: string; readonly remedy: string }
  | { readonly outcome: 'rate-limited'; readonly until: number; readonly why: string }
  /** Passing: to be tried again. */
  | { readonly outcome: 'unreachable'; readonly why: string }
  /** Nobody but a person can set it; `remedy` says exactly what. */
  | { readonly outcome: 'by-hand'; readonly remedy: string };
