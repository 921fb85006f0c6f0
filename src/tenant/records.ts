import { tenantName } from '../dns/tenant-name.ts';
import { type Hostname, policyHost } from '../names/hostname.ts';
import type { PolicyId } from '../policy/policy-id.ts';
import { formatRecord } from '../policy/record.ts';
import { formatReportRecord, type ReportUri } from '../tlsrpt/record.ts';
import type { Announcement } from './announcement.ts';

/** A DNS record that should be there, names without the trailing dot. */
export interface DesiredRecord {
  readonly name: string;
  readonly type: 'CNAME' | 'TXT';
  readonly value: string;
}

/** Where the operator has tenants' records, for all of them alike. */
export interface RecordScheme {
  /** The name that policy hosts are aliases of. */
  readonly serviceName: string;
  /**
   * The zone of the operator's that holds the texts, to which tenants point once; undefined where each tenant's own
   * zone has the texts, set by hand.
   */
  readonly zone: string | undefined;
  /** Where TLS reports go; nowhere where there are none. */
  readonly reports: readonly ReportUri[];
  /** Of the texts, in seconds. */
  readonly ttl: number;
}

/** What a text is for; its name in the operator's zone has this label. */
export type TextKind = '_mta-sts' | '_tlsrpt';

const OWNERS: Readonly<Record<TextKind, string>> = { '_mta-sts': '_mta-sts', _tlsrpt: '_smtp._tls' };

/**
 * What the tenant's own zone needs, so that senders find its policy: the policy host pointing at the service (RFC 8461
 * section 8.2), and pointers to the texts in the operator's zone, each tenant's its own, since texts differ. Without
 * such a zone the texts themselves; that of the policy only where its `id` may be announced.
 */
export function tenantRecords(
  domain: Hostname,
  scheme: RecordScheme,
  id: PolicyId | undefined,
): readonly DesiredRecord[] {
  const host = { name: policyHost(domain), type: 'CNAME', value: scheme.serviceName } as const;
  const { zone } = scheme;
  if (zone === undefined) return [host, ...textRecords(domain, scheme, id)];
  const kinds: readonly TextKind[] = scheme.reports.length > 0 ? ['_mta-sts', '_tlsrpt'] : ['_mta-sts'];
  const pointers = kinds.map((kind) => {
    return { name: ownerName(kind, domain), type: 'CNAME', value: tenantName(domain, kind, zone) } as const;
  });
  return [host, ...pointers];
}

/** The texts of a tenant, wherever they stand; that of the policy only where there is an id. */
export function textRecords(
  domain: Hostname,
  scheme: RecordScheme,
  id: PolicyId | undefined,
): readonly DesiredRecord[] {
  return announcements(domain, scheme, id).flatMap(({ name, text }) =>
    text === undefined ? [] : [{ name, type: 'TXT', value: text } as const],
  );
}

/** The texts to bring into DNS, or to take out where there is none; that of the policy comes last. */
export function announcements(
  domain: Hostname,
  scheme: RecordScheme,
  id: PolicyId | undefined,
): readonly [reports: Announcement, policy: Announcement] {
  const { ttl, reports, zone } = scheme;
  const isOurName = zone !== undefined;
  const report = formatReportRecord(reports, domain);
  const policy = id === undefined ? undefined : formatRecord(id);
  return [
    { domain, name: textName('_tlsrpt', domain, scheme), text: report, ttl, isOurName },
    { domain, name: textName('_mta-sts', domain, scheme), text: policy, ttl, isOurName },
  ];
}

/** The name at which a tenant's text stands. */
export function textName(kind: TextKind, domain: Hostname, { zone }: RecordScheme): string {
  return zone === undefined ? ownerName(kind, domain) : tenantName(domain, kind, zone);
}

/** The name at which senders look (RFC 8461 section 3.1, RFC 8460 section 3). */
export function ownerName(kind: TextKind, domain: Hostname): string {
  return `${OWNERS[kind]}.${domain}`;
}

/** One line of a zone file (RFC 1035 section 5), names absolute. */
export function zoneLine(record: DesiredRecord): string {
  return `${record.name}. IN ${record.type} ${zoneValue(record)}`;
}

// RFC 1035 section 3.3: a text is made of strings of so many octets.
const LONGEST_STRING = 255;

/** A record's value as a zone file has it. Ours are ASCII without quotes and backslashes. */
export function zoneValue({ type, value }: DesiredRecord): string {
  if (type === 'CNAME') return `${value}.`;
  const strings: string[] = [];
  for (let start = 0; start < value.length; start += LONGEST_STRING) {
    strings.push(`"${value.slice(start, start + LONGEST_STRING)}"`);
  }
  return strings.join(' ');
}
