import type { RecordScheme } from '../tenant/records.ts';
import type { Config } from './config.ts';

// RFC 8461 section 8.1: senders may keep an earlier answer for so long, in seconds.
const TTL = 300;

/** Where tenants' records are to be, by the configuration. */
export function schemeOf({ serviceName, reports }: Config): RecordScheme {
  return { serviceName, zone: undefined, reports, ttl: TTL };
}
