import type { Mode } from '../policy/policy.ts';

/** What the ledger knows of one revision (promise I9). Times are milliseconds since 1970. */
export interface Serving {
  readonly mode: Mode;
  /** Seconds. */
  readonly max_age: number;
  /** The first moment at which any worker of any replica may have served it. */
  readonly from: number;
  /** From here on no worker served it; undefined while one still may. */
  readonly until: number | undefined;
}

/**
 * The last moment, in milliseconds since 1970, at which a compliant sender may still hold this revision:
 * when it was last served plus its max_age (RFC 8461 section 3.2, max_age).
 */
export function exposedUntil(serving: Serving, now: number): number {
  return (serving.until ?? now) + serving.max_age * 1000;
}

export type Leaving =
  /** Nothing that anybody can hold would be missed. */
  | { readonly may: 'leave' }
  /** Mode `none` is served, but until then senders may hold an earlier revision. */
  | { readonly may: 'wait'; readonly until: number }
  /** A policy is in force: mode `none` must be served first. */
  | { readonly may: 'stay' };

/**
 * The door of RFC 8461 section 8.3: a tenant may stop being served once mode `none` is served
 * and every policy with another mode that was ever served has expired in every sender's cache.
 * `servings` are all of a tenant's revisions, oldest first.
 */
export function leaving(servings: readonly Serving[], now: number): Leaving {
  if (servings.at(-1)?.mode !== 'none') return { may: servings.length === 0 ? 'leave' : 'stay' };
  const inForce = servings.filter((serving) => serving.mode !== 'none');
  const until = Math.max(0, ...inForce.map((serving) => exposedUntil(serving, now)));
  return until <= now ? { may: 'leave' } : { may: 'wait', until };
}
