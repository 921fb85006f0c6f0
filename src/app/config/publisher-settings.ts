import type { ListenAddress } from '../../edge/messages.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { quote } from '../../flaws/quote.ts';
import { parseAddresses } from './addresses.ts';
import type { Secret } from './secret.ts';
import type { Announce, Settings } from './settings.ts';
import { readTsigKey, type TsigSettings } from './tsig-settings.ts';

/** Who brings policy ids into DNS, with what it takes to reach them. */
export type PublisherSettings =
  | { readonly by: 'own' | 'manual' }
  | {
      readonly by: 'rfc2136';
      readonly server: ListenAddress;
      readonly zone: string | undefined;
      readonly key: TsigSettings;
    }
  | { readonly by: 'cloudflare'; readonly apiToken: Secret; readonly zoneId: string | undefined }
  | {
      readonly by: 'route53';
      readonly accessKeyId: string;
      readonly secretAccessKey: Secret;
      readonly region: string;
      readonly hostedZoneId: string | undefined;
    }
  | {
      readonly by: 'powerdns';
      readonly url: string;
      readonly apiKey: Secret;
      readonly serverId: string;
      readonly zone: string | undefined;
    }
  | { readonly by: 'webhook'; readonly url: string; readonly secret: Secret };

type Dns = NonNullable<Settings['dns']>;

// Where the API of Route 53 is for most of the world.
const REGION = 'us-east-1';
const SERVER_ID = 'localhost';

/** Reads the section of whoever announces; the others are let be. */
export function readPublisher(dns: Dns, announce: Announce): Parsed<PublisherSettings> {
  switch (announce) {
    case 'own':
    case 'manual':
      return parsed({ by: announce });
    case 'rfc2136':
      return readRfc2136(dns.rfc2136 ?? {});
    case 'cloudflare':
      return readCloudflare(dns.cloudflare ?? {});
    case 'route53':
      return readRoute53(dns.route53 ?? {});
    case 'powerdns':
      return readPowerDns(dns.powerdns ?? {});
    case 'webhook':
      return readWebhook(dns.webhook ?? {});
  }
}

function readRfc2136(settings: NonNullable<Dns['rfc2136']>): Parsed<PublisherSettings> {
  const { server: written, zone, key_name: name, key_algorithm: algorithm, key_secret: secret } = settings;
  const flaws = [
    ...missing('rfc2136', { server: written, key_name: name, key_secret: secret }),
    ...zoneFlaws('dns.rfc2136.zone', zone),
  ];
  if (written === undefined || name === undefined || secret === undefined) return flawed(...flaws);
  const server = readServer(written);
  const paths = { secret: 'dns.rfc2136.key_secret', name: 'dns.rfc2136.key_name' };
  const key = readTsigKey({ name, secret, ...(algorithm !== undefined && { algorithm }) }, paths);
  for (const part of [server, key]) if (!part.ok) flaws.push(...part.flaws);
  if (flaws.length > 0 || !server.ok || !key.ok) return flawed(...flaws);
  return parsed({ by: 'rfc2136', server: server.value, zone: plain(zone), key: key.value });
}

function readServer(written: string): Parsed<ListenAddress> {
  const path = 'dns.rfc2136.server';
  const servers = parseAddresses(path, written);
  if (!servers.ok) return servers;
  const [server, ...others] = servers.value;
  if (server !== undefined && others.length === 0 && server.port !== 0) return parsed(server);
  const remedy = 'Write the address of the primary with its port, such as "192.0.2.53:53"';
  return flawed({ path, message: 'Is not one server', remedy });
}

function readCloudflare({ api_token, zone_id }: NonNullable<Dns['cloudflare']>): Parsed<PublisherSettings> {
  if (api_token === undefined) return flawed(...missing('cloudflare', { api_token }));
  return parsed({ by: 'cloudflare', apiToken: api_token, zoneId: zone_id });
}

function readRoute53(settings: NonNullable<Dns['route53']>): Parsed<PublisherSettings> {
  const { access_key_id, secret_access_key, region = REGION, hosted_zone_id } = settings;
  const flaws = missing('route53', { access_key_id, secret_access_key });
  if (access_key_id === undefined || secret_access_key === undefined) return flawed(...flaws);
  return parsed({
    by: 'route53',
    accessKeyId: access_key_id,
    secretAccessKey: secret_access_key,
    region,
    hostedZoneId: hosted_zone_id,
  });
}

function readPowerDns(settings: NonNullable<Dns['powerdns']>): Parsed<PublisherSettings> {
  const { url, api_key, server_id = SERVER_ID, zone } = settings;
  const flaws = [
    ...missing('powerdns', { url, api_key }),
    ...urlFlaws('dns.powerdns.url', url),
    ...zoneFlaws('dns.powerdns.zone', zone),
  ];
  if (flaws.length > 0 || url === undefined || api_key === undefined) return flawed(...flaws);
  return parsed({ by: 'powerdns', url, apiKey: api_key, serverId: server_id, zone: plain(zone) });
}

function readWebhook({ url, secret }: NonNullable<Dns['webhook']>): Parsed<PublisherSettings> {
  const flaws = [...missing('webhook', { url, secret }), ...urlFlaws('dns.webhook.url', url)];
  if (flaws.length > 0 || url === undefined || secret === undefined) return flawed(...flaws);
  return parsed({ by: 'webhook', url, secret });
}

function missing(section: string, values: Readonly<Record<string, unknown>>): Flaw[] {
  const keys = Object.keys(values).filter((key) => values[key] === undefined);
  return keys.map((key) => {
    const remedy = `Set it, or name another way in dns.announce; docs/dns.md says how ${section} is set up`;
    return { path: `dns.${section}.${key}`, message: `Missing, though dns.announce is ${section}`, remedy };
  });
}

function urlFlaws(path: string, text: string | undefined): Flaw[] {
  if (text === undefined) return [];
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return [
      { path, message: 'Is no http or https address', remedy: 'Write one such as https://dns.example.net' },
    ];
  }
  if (url.username === '' && url.password === '') return [];
  const message = 'Holds a user or a password, which would be seen wherever the address is';
  return [{ path, message, remedy: 'Leave them out' }];
}

function zoneFlaws(path: string, zone: string | undefined): Flaw[] {
  if (zone === undefined || /^[a-z\d_-]{1,63}(\.[a-z\d_-]{1,63})*\.?$/i.test(zone)) return [];
  return [
    { path, message: `${quote(zone)} is no name of a zone`, remedy: 'Write one such as z.sts.example.net' },
  ];
}

function plain(zone: string | undefined): string | undefined {
  return zone?.toLowerCase().replace(/\.$/, '');
}
