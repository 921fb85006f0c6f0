import type { Hostname } from '../names/hostname.ts';
import type { TenantScope } from '../tenant/desk.ts';

/** What a token may do: look; change tenants too; all, tokens included. Each holds those before it. */
export const SCOPES = ['viewer', 'operator', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export function reaches(scope: Scope, needed: Scope): boolean {
  return SCOPES.indexOf(scope) >= SCOPES.indexOf(needed);
}

/** A tenant, as far as it decides who may see it. */
interface Bound {
  readonly domain: Hostname;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether a tenant is one of those that a token is bound to: by its name, or by one of its labels. */
export function covers(only: TenantScope, { domain, labels }: Bound): boolean {
  return only.domains.includes(domain) || sharesLabel(only.labels, labels);
}

function sharesLabel(
  some: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(some).some(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}
