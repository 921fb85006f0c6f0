import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { Delivery } from '../../peers/postfix-sender.ts';
import type { KeyAndCertificate, TestCa } from '../../peers/test-ca.ts';

interface PolicyCase {
  readonly mode: string;
  readonly max_age: number;
  readonly mx: readonly string[];
}

/** A tenant, and the answer of postfix-mta-sts-resolver for it. */
export interface TenantCase {
  readonly domain: string;
  readonly policy: PolicyCase;
  readonly answer: string;
}

interface MxCase {
  readonly host: string;
  readonly certificate?: readonly string[];
  readonly issuer?: 'unknown';
  readonly days?: number;
}

/** A tenant, its MX host, and how a mail to it must end. */
export interface DeliveryCase {
  readonly title: string;
  readonly domain: string;
  readonly policy: PolicyCase;
  readonly mx: MxCase;
  readonly delivery: Partial<Delivery>;
}

export const TENANTS: readonly TenantCase[] = read('tenants.yaml');
export const DELIVERIES: readonly DeliveryCase[] = read('deliveries.yaml');

/** The YAML document that a person would write for a tenant. */
export function tenantDocument(domain: string, policy: PolicyCase): string {
  return stringify({ domain, policy });
}

/** What an MX host shows after STARTTLS, undefined if it offers none. */
export async function certificateFor(mx: MxCase, ca: TestCa): Promise<KeyAndCertificate | undefined> {
  return mx.certificate && (await ca.issue(mx.certificate, mx.days));
}

function read<T>(file: string): T {
  return parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
}
