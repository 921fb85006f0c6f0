import { createHash } from 'node:crypto';
import type { Hostname } from '../names/hostname.ts';
import { MAX_NAME } from '../names/label.ts';

/** What stands at a tenant's names in our zone: policy id, report address, challenges of CAs. */
export const CHALLENGE = '_acme-challenge';
const TENANT_LABELS = ['_mta-sts', '_tlsrpt', CHALLENGE] as const;
type TenantLabel = (typeof TENANT_LABELS)[number];

const HASH_DIGITS = 40;
const LONGEST_LABEL = Math.max(...TENANT_LABELS.map((label) => label.length));

/** The most octets of a zone in which every tenant has its names. */
export const LONGEST_ZONE = MAX_NAME - HASH_DIGITS - LONGEST_LABEL - 2;

/**
 * The name in our zone that a tenant's own record points at, such as `example.com._mta-sts.z.sts.example.net`.
 * Where that would have too many octets (RFC 1035 section 2.3.4), a hash stands for the domain: as one label, which no
 * tenant's domain is.
 */
export function tenantName(domain: Hostname, label: TenantLabel, zone: string): string {
  const plain = `${domain}.${label}.${zone}`;
  return plain.length <= MAX_NAME ? plain : `${hashOf(domain)}.${label}.${zone}`;
}

function hashOf(domain: Hostname): string {
  return createHash('sha256').update(domain).digest('hex').slice(0, HASH_DIGITS);
}
