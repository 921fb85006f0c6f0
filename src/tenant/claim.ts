import type { Hostname } from '../names/hostname.ts';
import type { TenantScope, WrittenTenant } from './tenant.ts';

/**
 * What somebody who is not trusted wants to be served for a domain that they have not yet shown to control. It stands
 * in no document and is served to nobody. Times are milliseconds since 1970.
 */
export interface Claim {
  readonly domain: Hostname;
  /** Whom it is for: see {@link ownerOf}. */
  readonly owner: string;
  /** A text that nobody else was told, for a TXT record. */
  readonly challenge: string;
  readonly wanted: WrittenTenant;
  readonly at: number;
  readonly expiresAt: number;
  /** The policy host was seen not to lead here since the claim was made. */
  readonly wasAway: boolean;
}

/** Claims that are not proven go after a week, so that nobody keeps names that are not theirs. */
export const CLAIM_LIFE = 7 * 86_400_000;

/** How many one owner may have open, and how many may be open for one domain. */
export const MOST_CLAIMS = { ofOwner: 100, forDomain: 20 };

/** The tokens that are bound to the same tenants are of one owner. */
export function ownerOf({ domains, labels }: TenantScope): string {
  const pairs = Object.entries(labels).sort(([one], [two]) => (one < two ? -1 : 1));
  return JSON.stringify(pairs.length > 0 ? { labels: pairs } : { domains: [...domains].sort() });
}

/** The name of the TXT record that proves a claim. */
export function challengeName(domain: Hostname): string {
  return `_postseal-challenge.${domain}`;
}

/** Claims in the state file. All that change it are durable when they return, or throw and change nothing. */
export interface ClaimStore {
  get(domain: Hostname, owner: string): Claim | undefined;
  /** All that are open, or those of one owner, in the order of their domains. */
  open(owner?: string): readonly Claim[];
  openFor(domain: Hostname): readonly Claim[];
  put(claim: Claim): void;
  drop(domain: Hostname, owner: string): void;
  /** Those that end before this time. */
  expire(now: number): void;
  close(): void;
}
