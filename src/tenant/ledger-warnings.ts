import type { Flaw } from '../flaws/flaw.ts';
import type { Policy } from '../policy/policy.ts';
import { exposedUntil } from './exposure.ts';
import type { PastPolicy } from './plan.ts';

const DAY = 86_400_000;

/** What a policy is compared with: all that was served before, oldest first. */
export interface Past {
  readonly policies: readonly PastPolicy[];
  readonly now: number;
}

/** What is lawful in a new policy and yet surprises, since senders hold earlier ones. */
export function ledgerWarnings(policy: Policy, past: Past): readonly Flaw[] {
  if (policy.mode === 'none') return [];
  const before = past.policies.at(-1)?.policy;
  return [
    ...takenOut(policy, past),
    ...newHosts(policy, past),
    ...untested(policy, past),
    ...(before === undefined ? [] : raisedAge(policy, before, past)),
  ];
}

/** Whoever comes by the name of a host that was allowed can take the mail of senders that hold the old policy. */
function takenOut({ mx }: Policy, { policies, now }: Past): Flaw[] {
  const until = new Map<string, number>();
  for (const { policy, serving } of policies) {
    if (policy.mode === 'none') continue;
    for (const pattern of policy.mx.filter((one) => !mx.includes(one))) {
      until.set(pattern, Math.max(until.get(pattern) ?? 0, exposedUntil(serving, now)));
    }
  }
  return [...until]
    .filter(([, time]) => time > now)
    .map(([pattern, time]) => ({
      path: 'policy.mx',
      message: `${pattern} is taken out, yet senders may hold a policy with it until ${iso(time)}`,
      remedy: 'Take the host out of the MX records first, and let nobody else have its name until then',
      rfc: 'RFC 8461 section 8.1',
    }));
}

function newHosts({ mx }: Policy, { policies, now }: Past): Flaw[] {
  const enforced = policies.filter(({ policy }) => policy.mode === 'enforce');
  return mx.flatMap((pattern, index) => {
    const without = enforced.filter(({ policy }) => !policy.mx.includes(pattern));
    const until = Math.max(0, ...without.map(({ serving }) => exposedUntil(serving, now)));
    if (until <= now) return [];
    return {
      path: `policy.mx[${index}]`,
      message: `Senders that do not hear of the new policy may refuse ${pattern} until ${iso(until)}`,
      remedy:
        'Let MX records point there only when the new id is announced and the TTL of its record has passed',
      rfc: 'RFC 8461 section 8.1',
    };
  });
}

function untested({ mode }: Policy, { policies, now }: Past): Flaw[] {
  const last = policies.at(-1);
  if (mode !== 'enforce' || last?.policy.mode === 'enforce') return [];
  const tested = policies.filter(({ policy }) => policy.mode === 'testing');
  const time = tested.reduce((sum, { serving }) => sum + (serving.until ?? now) - serving.from, 0);
  if (time >= DAY) return [];
  const message =
    time === 0
      ? 'The policy was never in mode testing'
      : 'The policy was in mode testing for less than a day';
  const remedy = 'Use testing for a few weeks, and look at the TLS reports first';
  return [{ path: 'policy.mode', message, remedy, rfc: 'RFC 8461 section 5' }];
}

function raisedAge({ max_age }: Policy, before: Policy, { now }: Past): Flaw[] {
  if (before.mode === 'none' || max_age <= before.max_age) return [];
  const message = `max_age is raised from ${before.max_age}: what is wrong in this policy stays with senders until ${iso(now + max_age * 1000)} or later`;
  return [
    {
      path: 'policy.max_age',
      message,
      remedy: 'Raise it when nothing else changes',
      rfc: 'RFC 8461 section 10.2',
    },
  ];
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
