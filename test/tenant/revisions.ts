import { type Hostname, parsePolicyDomain } from '../../src/names/hostname.ts';
import { checkPolicy, type Policy } from '../../src/policy/policy.ts';
import { accept, type Standing } from '../../src/tenant/revision.ts';
import { type NewRevision, NOTHING_FOUND, type Recording } from '../../src/tenant/store.ts';
import { goodValue } from '../cases.ts';

export function policyDomain(text: string): Hostname {
  return goodValue(parsePolicyDomain(text));
}

/** A policy with one MX host. */
export function policyOf(mode: string, max_age: number, mx = 'mail.example.com'): Policy {
  return goodValue(checkPolicy({ mode, max_age, mx: [mx] }));
}

/** The revision that a policy brings; it must bring one. */
export function revise(domain: Hostname, policy: Policy, standing: Standing, now: number): NewRevision {
  const acceptance = accept(policy, standing, { now, actor: 'file', address: '', cause: 'document changed' });
  if (acceptance.outcome !== 'revised') throw new Error(`${domain} is ${acceptance.outcome}`);
  return { domain, policy, revision: acceptance.revision };
}

/** A recording of nothing but what is given. */
export function recording(parts: Partial<Recording>): Recording {
  return { ...NOTHING_FOUND, now: 0, ...parts };
}
