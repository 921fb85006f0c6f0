import type { Hostname } from '../names/hostname.ts';
import { zoneLine } from '../tenant/records.ts';
import { addressesOf, type Finding, type Observation, type PathSeen, recordsOf } from './observation.ts';

const PORTS = { 'http-01': 'port 80', 'tls-alpn-01': 'port 443' } as const;
// RFC 8461 section 8.2: the policy host is delegated by an alias.
const DELEGATION = 'RFC 8461 section 8.2';

/** Whether an address is one that the operator's own name leads to. */
export function isOurs(address: string, seen: Observation): boolean {
  return leadsToService(seen) || addressesOf(seen.service).includes(address);
}

/** What keeps a CA from finding this server by the host's name. */
export function pathFindings(seen: Observation): readonly Finding[] {
  const addresses = addressesOf(seen.addresses);
  const silent = silenceFindings(seen);
  if (addresses.length === 0 && silent.length === 0) return [noAddress(seen)];
  return [...silent, ...addresses.flatMap((address) => addressFindings(address, seen))];
}

function leadsToService({ host, serviceName, aliases }: Observation): boolean {
  return host === serviceName || recordsOf(aliases).includes(serviceName);
}

function silenceFindings({ host, addresses }: Observation): readonly Finding[] {
  const answers = [
    ['IPv4', addresses.ipv4],
    ['IPv6', addresses.ipv6],
  ] as const;
  return answers.flatMap(([family, answer]) => {
    if (answer.outcome !== 'failed') return [];
    const message = `DNS does not tell the ${family} addresses of ${host} (${answer.why})`;
    const remedy = 'Make all name servers on the way to the name answer, also where there is no such record';
    return [{ path: host, message, remedy }];
  });
}

function noAddress(seen: Observation): Finding {
  const { host, serviceName } = seen;
  if (host === serviceName) return ownersFinding(seen, `${host} has no address in DNS`);
  if (leadsToService(seen)) {
    return ownersFinding(seen, `${host} leads to ${serviceName}, which has no address in DNS`);
  }
  const target = recordsOf(seen.aliases).at(-1);
  const message = target === undefined ? 'has no address in DNS' : `leads to ${target}, which has no address`;
  return tenantsFinding(seen, `${host} ${message}`);
}

function addressFindings(address: string, seen: Observation): readonly Finding[] {
  const trouble = seen.paths.filter((path) => path.address === address).flatMap(troubleAt);
  if (trouble.length === 0) return [];
  const message = `${seen.host} leads to ${address}, where ${trouble.join(', and ')}`;
  return [isOurs(address, seen) ? ownersFinding(seen, message) : tenantsFinding(seen, message)];
}

function troubleAt({ type, answer }: PathSeen): readonly string[] {
  if (answer.seen === 'reached') return [];
  const port = PORTS[type];
  if (answer.seen === 'other') return [`${port} is answered by ${answer.who}`];
  return [`${port} can not be reached (${answer.why})`];
}

/** For the operator: what the tenant has in DNS is right. */
function ownersFinding({ host, serviceName }: Observation, message: string): Finding {
  const remedy = `Let all addresses of ${serviceName}, IPv4 and IPv6, lead to this server on port 80 or 443`;
  return { path: host, message, remedy };
}

function tenantsFinding({ host, serviceName, aliases, addresses }: Observation, message: string): Finding {
  const present = [
    ...(aliases.outcome === 'found' ? ['CNAME'] : []),
    ...(aliases.outcome !== 'found' && addresses.ipv4.outcome === 'found' ? ['A'] : []),
    ...(aliases.outcome !== 'found' && addresses.ipv6.outcome === 'found' ? ['AAAA'] : []),
  ];
  const remedy =
    present.length === 0
      ? `Set this record`
      : `Set this record in the place of the ${present.join(' and ')} records of ${host}`;
  return { path: host, message, remedy, rfc: DELEGATION, record: cname(host, serviceName) };
}

function cname(host: Hostname, serviceName: string): string {
  return zoneLine({ name: host, type: 'CNAME', value: serviceName });
}
