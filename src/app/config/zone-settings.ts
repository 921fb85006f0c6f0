import { LONGEST_ZONE } from '../../dns/tenant-name.ts';
import type { ListenAddress } from '../../edge/messages.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { quote } from '../../flaws/quote.ts';
import { type Hostname, parseHostname } from '../../names/hostname.ts';
import { parseAddresses } from './addresses.ts';
import type { Settings } from './settings.ts';
import { readTsigKey, type TsigSettings } from './tsig-settings.ts';

/** Our own zone and who else answers for it. */
export interface ZoneSettings {
  readonly zone: Hostname;
  /** Names of the servers that answer for it, for its NS records; the first is the primary of its SOA. */
  readonly nameservers: readonly Hostname[];
  /** Seconds. */
  readonly ttl: number;
  readonly negativeTtl: number;
  /** Servers that copy the zone, to be told of changes; with the key that they sign with. */
  readonly secondaries: readonly ListenAddress[];
  readonly transferKey: TsigSettings | undefined;
}

// Senders look for a new id at least once a day; how long they may keep one is what a change of MX waits for.
const TTL = 300;
const NEGATIVE_TTL = 60;

export function readZone({ dns = {}, listen = {} }: Settings, serviceName: Hostname): Parsed<ZoneSettings> {
  const zone = readName('dns.zone', dns.zone ?? `z.${serviceName}`);
  const nameservers = readNames('dns.nameservers', dns.nameservers ?? serviceName);
  const secondaries = parseAddresses('dns.secondaries', dns.secondaries ?? 'off');
  const key = readKey(dns);
  const flaws = [zone, nameservers, secondaries, key].flatMap((part) => (part.ok ? [] : part.flaws));
  if (!zone.ok || !nameservers.ok || !secondaries.ok || !key.ok) return flawed(...flaws);
  flaws.push(
    ...zoneFlaws(zone.value, nameservers.value, serviceName),
    ...secondaryFlaws(secondaries.value, key.value, listen.dns === 'off'),
  );
  if (flaws.length > 0) return flawed(...flaws);
  return parsed({
    zone: zone.value,
    nameservers: nameservers.value,
    ttl: dns.ttl ?? TTL,
    negativeTtl: dns.negative_ttl ?? NEGATIVE_TTL,
    secondaries: secondaries.value,
    transferKey: key.value,
  });
}

function readName(path: string, text: string): Parsed<Hostname> {
  const name = parseHostname(text);
  return name.ok ? name : flawed(...name.flaws.map((flaw) => ({ ...flaw, path })));
}

function readNames(path: string, text: string): Parsed<readonly Hostname[]> {
  const names = text.split(',').map((part) => readName(path, part.trim()));
  const flaws = names.flatMap((name) => (name.ok ? [] : name.flaws));
  return flaws.length > 0 ? flawed(...flaws) : parsed(names.flatMap((name) => (name.ok ? name.value : [])));
}

function zoneFlaws(zone: Hostname, nameservers: readonly Hostname[], serviceName: Hostname): Flaw[] {
  const flaws: Flaw[] = [];
  const isInside = (name: string) => name === zone || name.endsWith(`.${zone}`);
  if (zone.length > LONGEST_ZONE) {
    const message = `With a zone of more than ${LONGEST_ZONE} octets the names of tenants would be too long`;
    flaws.push({ path: 'dns.zone', message, remedy: 'Use a shorter name', rfc: 'RFC 1035 section 2.3.4' });
  }
  if (isInside(serviceName)) {
    const message = `The service name ${serviceName} lies in ${zone}, a zone that has no addresses`;
    flaws.push({ path: 'dns.zone', message, remedy: `Use a zone below it, such as z.${serviceName}` });
  }
  for (const server of nameservers.filter((name) => name !== serviceName && isInside(name))) {
    const message = `${server} lies in ${zone}, a zone that has no addresses`;
    flaws.push({ path: 'dns.nameservers', message, remedy: 'Name servers by names outside the zone' });
  }
  return flaws;
}

function readKey(dns: NonNullable<Settings['dns']>): Parsed<TsigSettings | undefined> {
  const { transfer_key: secret, transfer_key_name: written, transfer_key_algorithm = 'hmac-sha256' } = dns;
  if (secret === undefined) return parsed(undefined);
  const paths = { secret: 'dns.transfer_key', name: 'dns.transfer_key_name' };
  return readTsigKey({ name: written ?? 'postseal', algorithm: transfer_key_algorithm, secret }, paths);
}

function secondaryFlaws(
  secondaries: readonly ListenAddress[],
  key: TsigSettings | undefined,
  isOff: boolean,
): Flaw[] {
  const flaws: Flaw[] = [];
  if (secondaries.length > 0 && key === undefined) {
    const message = 'Nobody gets a copy of the zone without a key';
    flaws.push({ path: 'dns.secondaries', message, remedy: 'Set dns.transfer_key', rfc: 'RFC 8945' });
  }
  if (isOff && (secondaries.length > 0 || key !== undefined)) {
    const path = secondaries.length > 0 ? 'dns.secondaries' : 'dns.transfer_key';
    const message = 'The zone is copied from this server, whose listen.dns is off';
    flaws.push({ path, message, remedy: 'Give listen.dns an address' });
  }
  const names = secondaries.filter(({ host }) => !/^[\d.]+$|:/.test(host));
  for (const { host } of names) {
    const message = `${quote(host)} is a name, which would have to be looked up at each change`;
    flaws.push({ path: 'dns.secondaries', message, remedy: 'Write addresses' });
  }
  return flaws;
}
