import type { Policy } from '../policy/policy.ts';
import { parsePolicyText } from '../policy/text.ts';
import type { Effect, TenantSummary, TenantView } from '../tenant/desk.ts';
import type { Revision } from '../tenant/revision.ts';

export function iso(at: number): string {
  return new Date(at).toISOString();
}

export function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : iso(at);
}

export function tellRevision({ number, id, text, at, actor, address, cause }: Revision) {
  const policy = parsePolicyText(text);
  // What we wrote ourselves can be read.
  const told = policy.ok ? tellPolicy(policy.value) : null;
  return { number, id, policy: told, text, at: iso(at), actor, address, cause };
}

export function tellPolicy({ mode, max_age, mx }: Policy) {
  return { mode, max_age, mx };
}

export function tellSummary({
  domain,
  mode,
  max_age,
  labels,
  revision,
  id,
  at,
  stage,
  flaws,
}: TenantSummary) {
  return { domain, mode, max_age, labels, revision, id, at: iso(at), stage, flaws };
}

export function tellTenant({ domain, labels, stage, flaws, policy, newest, document }: TenantView) {
  return {
    domain,
    labels,
    stage,
    flaws,
    policy: tellPolicy(policy),
    revision: tellRevision(newest),
    document: document ?? null,
  };
}

export function tellEffect({ before, after, diff, warnings, senders, exposedUntil, id }: Effect) {
  return {
    before: before ?? null,
    after: after ?? null,
    diff,
    warnings,
    senders,
    exposed_until: isoOrNull(exposedUntil),
    id: id ?? null,
  };
}
