import type { Hostname } from '../names/hostname.ts';
import { type DesiredRecord, zoneLine, zoneValue } from './records.ts';

/** The records of one tenant, for its zone. */
export interface TenantRecords {
  readonly domain: Hostname;
  readonly records: readonly DesiredRecord[];
}

export const RECORD_FORMATS = ['zone', 'bind', 'json', 'cloudflare'] as const;
export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** All of them as one text, each line with its end. */
export function formatRecords(tenants: readonly TenantRecords[], format: RecordFormat, ttl: number): string {
  const lines = tenants.flatMap((tenant) => FORMATS[format](tenant, ttl));
  return format === 'json' ? `${jsonOf(tenants)}\n` : lines.map((line) => `${line}\n`).join('');
}

function jsonOf(tenants: readonly TenantRecords[]): string {
  return JSON.stringify({ items: tenants.flatMap(({ records }) => records) });
}

const FORMATS: Readonly<Record<RecordFormat, (tenant: TenantRecords, ttl: number) => readonly string[]>> = {
  zone: ({ records }) => records.map(zoneLine),
  /** To be pasted at the end of the zone's file: names are relative to its origin. */
  bind: ({ domain, records }, ttl) => [
    `$ORIGIN ${domain}.`,
    ...records.map(
      (record) => `${relative(record.name, domain)} ${ttl} IN ${record.type} ${zoneValue(record)}`,
    ),
  ],
  /**
   * A file for Cloudflare's import of records, whose tags stand in comments. Not proxied: what Cloudflare puts before a
   * host ends its TLS, and answers in its place.
   */
  cloudflare: ({ records }, ttl) =>
    records.map(({ name, type, value }) => {
      const line = `${name}. ${ttl} IN ${type} ${zoneValue({ name, type, value })}`;
      return type === 'CNAME' ? `${line} ; cf_tags=cf-proxied:false` : line;
    }),
  json: () => [],
};

function relative(name: string, domain: Hostname): string {
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : `${name}.`;
}
