import type { RecordScheme } from '../../tenant/records.ts';
import type { Config } from './config.ts';

/** Where tenants' records are to be, by the configuration. */
export function schemeOf({ serviceName, reports, dns }: Config): RecordScheme {
  return { serviceName, zone: dns.announce === 'manual' ? undefined : dns.zone, reports, ttl: dns.ttl };
}
