import type { Flaw } from '../flaws/flaw.ts';
import type { Hostname } from '../names/hostname.ts';
import { type Policy, warnings } from '../policy/policy.ts';
import type { PolicyId } from '../policy/policy-id.ts';
import type { Effect } from './desk.ts';
import { exposedUntil, type Serving } from './exposure.ts';
import type { Revision, Standing } from './revision.ts';
import { textDiff } from './text-diff.ts';

/** What bears on what an edit does. */
export interface EffectEvidence {
  readonly domain: Hostname;
  readonly standing: Standing;
  /** What is to be served; undefined where nothing is. */
  readonly policy: Policy | undefined;
  /** The revision that it would be, or is; undefined where the served bytes stay the same. */
  readonly revision: Pick<Revision, 'id' | 'text'> | undefined;
  /** All revisions before the edit, oldest first. */
  readonly servings: readonly Serving[];
  readonly now: number;
  /** Warnings beyond those of the policy by itself. */
  readonly warnings: readonly Flaw[];
}

export function effectOf(evidence: EffectEvidence): Effect {
  const { standing, policy, revision } = evidence;
  const before = standing.served ? standing.newest?.text : undefined;
  const after = policy === undefined ? undefined : (revision?.text ?? before);
  const risks = policy === undefined ? [] : warnings(policy);
  return {
    before,
    after,
    diff: textDiff(before ?? '', after ?? ''),
    warnings: [...risks.map((risk) => ({ ...risk, path: below(risk.path) })), ...evidence.warnings],
    senders: sentences(evidence),
    exposedUntil: exposure(evidence),
    id: revision?.id as PolicyId | undefined,
  };
}

function below(path: string): string {
  return path === '' ? 'policy' : `policy.${path}`;
}

/** Until when a sender may hold a policy that is not the one to be served. */
function exposure({ servings, policy, revision, now }: EffectEvidence): number | undefined {
  // Where nothing changes, the newest is not an earlier one.
  const earlier = policy !== undefined && revision === undefined ? servings.slice(0, -1) : servings;
  const until = Math.max(0, ...earlier.map((serving) => exposedUntil(serving, now)));
  return until > now ? until : undefined;
}

function sentences(evidence: EffectEvidence): readonly string[] {
  const { domain, policy, revision } = evidence;
  const until = exposure(evidence);
  if (policy === undefined) return gone(domain, until);
  if (revision === undefined)
    return ['Nothing changes for senders: the served bytes and the id stay the same'];
  const first = `Senders that look up _mta-sts.${domain} see the id ${revision.id} once it is announced and their copy of the old record has expired; they fetch the new policy then`;
  return [first, ...held(until), meaning(policy)];
}

function held(until: number | undefined): readonly string[] {
  if (until === undefined) return [];
  return [`Senders that do not look, or can't, may go by an earlier policy until ${at(until)}`];
}

function gone(domain: Hostname, until: number | undefined): readonly string[] {
  const first = 'No policy is served any more: to senders that hold none, the domain has no MTA-STS';
  if (until === undefined) return [first, 'No sender can hold an earlier policy'];
  return [
    first,
    `Until ${at(until)} senders may hold a policy of ${domain}, go on applying it, and refuse its mail where it does not fit`,
  ];
}

function meaning({ mode, max_age }: Policy): string {
  const held = `hold it for ${duration(max_age)} from their last fetch`;
  if (mode === 'none') return `They treat the domain as one without a policy, and ${held}`;
  if (mode === 'testing') return `They deliver in any case, report what would have failed, and ${held}`;
  return `They deliver only to MX hosts that the policy lists and whose certificate is valid for their name, and ${held}`;
}

function duration(seconds: number): string {
  for (const [unit, length] of [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const) {
    if (seconds >= length && seconds % length === 0) return counted(seconds / length, unit);
  }
  return counted(seconds, 'second');
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function at(time: number): string {
  return new Date(time).toISOString();
}
