import type { Hostname } from '../names/hostname.ts';
import { type MxPattern, matchesMx } from '../policy/mx-pattern.ts';
import type { Policy } from '../policy/policy.ts';
import { parsePolicyText } from '../policy/text.ts';
import { exposedUntil, type Serving } from './exposure.ts';
import type { Revision } from './revision.ts';

/** A revision with its policy and what the ledger knows of it. */
export interface PastPolicy {
  readonly number: number;
  readonly policy: Policy;
  readonly serving: Serving;
}

/** What was served of a domain; both lists oldest first. */
export function pastOf(revisions: readonly Revision[], servings: readonly Serving[]): readonly PastPolicy[] {
  return revisions.flatMap(({ number, text }, index) => {
    const policy = parsePolicyText(text);
    const serving = servings[index];
    return policy.ok && serving !== undefined ? { number, policy: policy.value, serving } : [];
  });
}

/** A change of the hosts that take a domain's mail. Times are milliseconds since 1970. */
export interface PlannedChange {
  /** All that was ever served, oldest first. */
  readonly past: readonly PastPolicy[];
  /** The MX hosts that are to be, and those that are now, as far as they are known. */
  readonly wanted: readonly Hostname[];
  readonly present: readonly Hostname[];
  readonly now: number;
  /** Seconds for which the record with the id, and the MX records, may be held. */
  readonly ttl: number;
  readonly mxTtl: number;
}

/** A host that senders would not deliver to, by a policy that they may hold. */
export interface Refusal {
  readonly host: Hostname;
  /** The revision with that policy. */
  readonly number: number;
  /** The last moment at which a sender can hold it; where it is served still, this moves on. */
  readonly until: number;
  readonly isServed: boolean;
}

/** One thing to do, not before its time. */
export type Step =
  | { readonly do: 'policy'; readonly mx: readonly MxPattern[]; readonly at: number; readonly why: string }
  | { readonly do: 'mx'; readonly hosts: readonly Hostname[]; readonly at: number; readonly why: string };

export interface Plan {
  /** What the change would do at once: nothing, reports of failures, or mail that is refused. */
  readonly verdict: 'safe' | 'reported' | 'refused';
  /** Senders that would refuse (`enforce`), and those that would only report it (`testing`). */
  readonly refusals: readonly Refusal[];
  readonly reports: readonly Refusal[];
  /** The order in which no sender refuses that can reach DNS and the policy. */
  readonly steps: readonly Step[];
}

/**
 * What would come of other MX hosts, were they set now, and the safe order (RFC 8461 section 8.1): a host is allowed
 * by the policy before mail is sent to it, and until no more is.
 */
export function planMx(change: PlannedChange): Plan {
  const refusals = failures(change, 'enforce');
  const reports = failures(change, 'testing');
  const verdict = refusals.length > 0 ? 'refused' : reports.length > 0 ? 'reported' : 'safe';
  return { verdict, refusals, reports, steps: stepsTo(change) };
}

function failures({ past, wanted, now }: PlannedChange, mode: Policy['mode']): Refusal[] {
  return past
    .filter(({ policy }) => policy.mode === mode)
    .flatMap(({ number, policy, serving }) => {
      const until = exposedUntil(serving, now);
      if (until <= now) return [];
      const refused = wanted.filter((host) => !allows(policy.mx, host));
      return refused.map((host) => ({ host, number, until, isServed: serving.until === undefined }));
    });
}

function stepsTo({ past, wanted, present, now, ttl, mxTtl }: PlannedChange): Step[] {
  const newest = past.at(-1);
  // What an earlier revision that was served until just now forbids may be held, too, until its record has expired.
  const settled = Math.max(now, lastChange(past, now) + ttl * 1000);
  if (newest === undefined || newest.policy.mode === 'none') {
    return [{ do: 'mx', hosts: wanted, at: settled, why: 'By then nobody learns of a policy' }];
  }
  const { mx } = newest.policy;
  const missing = wanted.filter((host) => !allows(mx, host));
  const both = [...mx, ...missing.map((host) => host as string as MxPattern)];
  const used = both.filter((pattern) => wanted.some((host) => matchesMx(pattern, host)));
  const steps: Step[] = [];
  if (missing.length > 0) {
    steps.push({
      do: 'policy',
      mx: both,
      at: now,
      why: 'The new hosts are allowed before mail comes to them',
    });
  }
  const at = missing.length > 0 ? now + ttl * 1000 : settled;
  steps.push({
    do: 'mx',
    hosts: wanted,
    at,
    why: 'By then senders know of the policy that allows the hosts',
  });
  if (used.length < both.length && used.length > 0) {
    const why = 'By then nobody holds MX records with the old hosts';
    const since = sameHosts(wanted, present) ? now : at;
    steps.push({ do: 'policy', mx: used, at: since + mxTtl * 1000, why });
  }
  return steps;
}

/** When the newest policy took the place of another. */
function lastChange(past: readonly PastPolicy[], now: number): number {
  const earlier = past.slice(0, -1).map(({ serving }) => serving.until ?? now);
  return Math.max(0, ...earlier);
}

function sameHosts(one: readonly Hostname[], two: readonly Hostname[]): boolean {
  return one.length === two.length && one.every((host) => two.includes(host));
}

function allows(mx: readonly MxPattern[], host: Hostname): boolean {
  return mx.some((pattern) => matchesMx(pattern, host));
}
