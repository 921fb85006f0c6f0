import type { Hostname } from '../names/hostname.ts';
import type { Policy } from '../policy/policy.ts';

/** One policy domain as its document describes it. */
export interface Tenant {
  readonly domain: Hostname;
  readonly policy: Policy;
  /** Free words of the operator's, searchable. */
  readonly labels: Readonly<Record<string, string>>;
}
