import type { Hostname } from '../names/hostname.ts';
import { exposedUntil, type Serving } from './exposure.ts';
import type { Revision } from './revision.ts';

/** All that was ever served of a domain, told so that another server can take it over. Times are as in RFC 3339. */
export interface ToldLedger {
  readonly domain: Hostname;
  /** Whether it was still a tenant. */
  readonly served: boolean;
  /** The last moment at which a sender can hold any of it, were it no longer served from the telling on. */
  readonly exposed_until: string;
  readonly revisions: readonly ToldRevision[];
}

interface ToldRevision {
  readonly number: number;
  readonly id: string;
  readonly text: string;
  readonly at: string;
  readonly actor: string;
  readonly cause: string;
  readonly served_from: string;
  /** Null while it may still be served. */
  readonly served_until: string | null;
}

/** A domain's revisions with what the ledger knows of each, oldest first both. */
export interface History {
  readonly domain: Hostname;
  readonly isServed: boolean;
  readonly revisions: readonly Revision[];
  readonly servings: readonly Serving[];
}

export function tellLedger({ domain, isServed, revisions, servings }: History, now: number): ToldLedger {
  return {
    domain,
    served: isServed,
    exposed_until: iso(Math.max(0, ...servings.map((serving) => exposedUntil(serving, now)))),
    revisions: revisions.map(({ number, id, text, at, actor, cause }, index) => {
      const { from = at, until } = servings[index] ?? {};
      const served = { served_from: iso(from), served_until: until === undefined ? null : iso(until) };
      return { number, id, text, at: iso(at), actor, cause, ...served };
    }),
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
