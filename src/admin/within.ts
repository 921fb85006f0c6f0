import { covers } from '../access/scope.ts';
import type { Hostname } from '../names/hostname.ts';
import type { TenantDesk, TenantScope } from '../tenant/desk.ts';

/** Whether a domain is one of those that a token is bound to: by its name, or by the labels that it has now. */
export function isWithin(only: TenantScope, domain: Hostname, desk: Pick<TenantDesk, 'view'>): boolean {
  if (covers(only, { domain, labels: {} })) return true;
  if (Object.keys(only.labels).length === 0) return false;
  const labels = desk.view(domain)?.labels;
  return labels !== undefined && covers(only, { domain, labels });
}
