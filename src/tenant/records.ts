import { type Hostname, policyHost } from '../names/hostname.ts';
import type { PolicyId } from '../policy/policy-id.ts';
import { formatRecord } from '../policy/record.ts';

/** A DNS record that should be there, names without the trailing dot. */
export interface DesiredRecord {
  readonly name: string;
  readonly type: 'CNAME' | 'TXT';
  readonly value: string;
}

/**
 * The records that a tenant's own zone needs so that senders find its policy: the policy host pointing
 * at the service (RFC 8461 section 8.2) and the record that announces the policy id (section 3.1).
 */
export function desiredRecords(
  domain: Hostname,
  serviceName: string,
  id: PolicyId,
): readonly DesiredRecord[] {
  return [
    { name: policyHost(domain), type: 'CNAME', value: serviceName },
    { name: `_mta-sts.${domain}`, type: 'TXT', value: formatRecord(id) },
  ];
}

/** One line of a zone file (RFC 1035 section 5), names absolute. */
export function zoneLine(record: DesiredRecord): string {
  const value = record.type === 'TXT' ? JSON.stringify(record.value) : `${record.value}.`;
  return `${record.name}. IN ${record.type} ${value}`;
}
