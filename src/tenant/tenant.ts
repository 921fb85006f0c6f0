import type { Hostname } from '../names/hostname.ts';
import type { Policy } from '../policy/policy.ts';

/** One policy domain as its document describes it. */
export interface Tenant {
  readonly domain: Hostname;
  readonly policy: Policy;
  /** Free words of the operator's, searchable. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What a policy is to be, as it was written: not yet checked. */
export interface WrittenTenant {
  readonly policy: unknown;
  readonly labels?: unknown;
}

/** The tenants that a token is bound to: those named, and those with one of these labels. */
export interface TenantScope {
  readonly domains: readonly Hostname[];
  readonly labels: Readonly<Record<string, string>>;
}
