import type { Flaw } from '../flaws/flaw.ts';
import type { Hostname } from '../names/hostname.ts';
import type { Policy } from '../policy/policy.ts';
import { type PolicyId, parsePolicyId } from '../policy/policy-id.ts';
import { parsePolicyText } from '../policy/text.ts';
import type { Actor, EditOutcome } from './desk.ts';
import type { Revision } from './revision.ts';
import type { AdoptedRevision } from './store.ts';

/** A policy that senders may hold, under an id that must not come back. Times are milliseconds since 1970. */
export interface EarlierPolicy {
  readonly id: PolicyId;
  /** As it was served elsewhere. */
  readonly text: string;
  readonly policy: Policy;
  readonly from: number;
  /** Undefined while it may still be served there. */
  readonly until: number | undefined;
}

/** One step of a move; the next one follows when it is done. */
export interface MovingStep {
  readonly what: string;
  /** The records to set, as a zone file has them. */
  readonly records: readonly string[];
}

export interface AdoptRequest {
  readonly domain: Hostname;
  readonly by: Actor;
  readonly cause?: string;
  /** Tells what would come of it, and changes nothing. */
  readonly dryRun?: boolean;
  /** What is to be served; as it is served elsewhere where nothing is told. Not yet checked. */
  readonly policy?: unknown;
  readonly labels?: unknown;
  /** What is known to have been served elsewhere; it is looked at from outside where nothing is told. */
  readonly earlier?: readonly EarlierPolicy[];
}

export type AdoptOutcome =
  | {
      readonly outcome: 'adopted';
      readonly edit: Extract<EditOutcome, { readonly outcome: 'done' | 'would-do' }>;
      readonly earlier: readonly EarlierPolicy[];
      /** What is odd about the deployment elsewhere. */
      readonly findings: readonly Flaw[];
      /** How the domain comes here without a gap, in this order. */
      readonly steps: readonly MovingStep[];
    }
  /** There is nothing to adopt, or nobody can tell now what there is. */
  | { readonly outcome: 'nothing' | 'unclear'; readonly finding: Flaw }
  /** The edit that creates it was not made, for a reason of its own. */
  | { readonly outcome: 'not-made'; readonly edit: EditOutcome };

/** Takes over domains whose policies are served elsewhere. */
export interface AdoptionDesk {
  adopt(request: AdoptRequest, signal: AbortSignal): Promise<AdoptOutcome>;
}

/** An earlier policy as a ledger tells it, or why it is none. */
export function readEarlier(told: {
  readonly id: string;
  readonly text: string;
  readonly served_from: string;
  readonly served_until: string | null;
}): EarlierPolicy | undefined {
  const id = parsePolicyId(told.id);
  const policy = parsePolicyText(told.text);
  if (!id.ok || !policy.ok) return undefined;
  const until = told.served_until === null ? undefined : Date.parse(told.served_until);
  return { id: id.value, text: told.text, policy: policy.value, from: Date.parse(told.served_from), until };
}

/** The earlier policies as revisions that follow those that are known; those whose id is known are known already. */
export function adoptedRevisions(
  domain: Hostname,
  earlier: readonly EarlierPolicy[],
  known: readonly Revision[],
  by: Actor,
): readonly AdoptedRevision[] {
  const ids = new Set(known.map(({ id }) => id));
  const fresh = earlier.filter(({ id }) => !ids.has(id));
  const last = known.at(-1)?.number ?? 0;
  return fresh.map(({ id, text, policy, from, until }, index) => {
    const revision = {
      number: last + 1 + index,
      id,
      text,
      at: from,
      actor: by.name,
      address: by.address,
      cause: 'served elsewhere before',
    };
    return { domain, policy, revision, from, until };
  });
}
