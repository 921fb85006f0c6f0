import { type Hostname, policyHost } from '../names/hostname.ts';
import type { PolicyId } from '../policy/policy-id.ts';
import { type RecordScheme, tenantRecords, textRecords, zoneLine } from './records.ts';

/** A tenant as a bundle of files has it. */
export interface BundledTenant {
  readonly domain: Hostname;
  readonly id: PolicyId;
  /** The bytes to serve, ASCII. */
  readonly text: string;
  /** YAML. */
  readonly document: string;
}

/** What a bundle is made for. Times are milliseconds since 1970. */
export interface BundleSite {
  /** Where the bundle will be: an absolute path. */
  readonly folder: string;
  /** Where key and certificate of each policy host are, `mta-sts.<domain>.pem`: an absolute path. */
  readonly certs: string;
  readonly scheme: RecordScheme;
  readonly now: number;
}

/** The names of what a bundle has beside the policies. */
export const BUNDLE = {
  ledger: 'ledger.json',
  documents: 'documents',
  zone: 'announcements.zone',
  records: 'records.txt',
  nginx: 'nginx.conf',
  caddy: 'Caddyfile',
  readme: 'README.txt',
} as const;

/** Where a policy is in a bundle, below its folder: as senders ask for it, below the name of the host. */
export function policyPath(domain: Hostname): string {
  return `${policyHost(domain)}/.well-known/mta-sts.txt`;
}

/**
 * The zone of the announcements, which tenants' own zones may point into, as any name server loads it. Who serves it
 * puts in the names of their name servers.
 */
export function announcementZone(tenants: readonly BundledTenant[], { scheme, now }: BundleSite): string {
  const zone = zoneOf(scheme);
  const { serviceName, ttl } = scheme;
  const serial = Math.floor(now / 1000) % 2 ** 32;
  return lines([
    `; Put the names of your name servers in the place of ${serviceName} before this is used.`,
    `$TTL ${ttl}`,
    `${zone}. IN SOA ${serviceName}. hostmaster.${serviceName}. ${serial} 3600 600 1209600 60`,
    `${zone}. IN NS ${serviceName}.`,
    ...tenants.flatMap(({ domain, id }) => textRecords(domain, { ...scheme, zone }, id).map(zoneLine)),
  ]);
}

function zoneOf({ zone, serviceName }: RecordScheme): string {
  return zone ?? `z.${serviceName}`;
}

/** What the zone of each tenant has to have, as lines of a zone file. */
export function recordLines(tenants: readonly BundledTenant[], { scheme }: BundleSite): string {
  return lines(tenants.flatMap(({ domain, id }) => tenantRecords(domain, scheme, id).map(zoneLine)));
}

/** A server block for nginx that serves every tenant; no other name gets an answer, or a certificate. */
export function nginxExample({ folder, certs }: BundleSite): string {
  return lines([
    '# For the http section of nginx: include this file. The workers read the keys at each handshake, so that they must',
    '# be allowed to; a name without a file gets no certificate, as it has to be.',
    'server {',
    '    listen 443 ssl http2;',
    '    listen [::]:443 ssl http2;',
    '    server_name ~^mta-sts\\.;',
    '    ssl_protocols TLSv1.2 TLSv1.3;',
    `    ssl_certificate ${quoted(`${certs}/$ssl_server_name.pem`)};`,
    `    ssl_certificate_key ${quoted(`${certs}/$ssl_server_name.pem`)};`,
    '    location = /.well-known/mta-sts.txt {',
    `        root ${quoted(`${folder}/$host`)};`,
    '        types { }',
    '        default_type "text/plain; charset=utf-8";',
    '        add_header Cache-Control max-age=60;',
    '    }',
    '    location / {',
    '        return 404;',
    '    }',
    '}',
  ]);
}

/** The same for Caddy, which has certificates of its own. */
export function caddyExample(tenants: readonly BundledTenant[], { folder }: BundleSite): string {
  return lines([
    '# For Caddy: import this file. It orders certificates as soon as the names lead to it.',
    '(postseal) {',
    `\troot * ${quoted(`${folder}/{host}`)}`,
    '\theader /.well-known/mta-sts.txt Content-Type "text/plain; charset=utf-8"',
    '\t@other not path /.well-known/mta-sts.txt',
    '\trespond @other 404',
    '\tfile_server',
    '}',
    ...tenants.map(({ domain }) => `https://${policyHost(domain)} {\n\timport postseal\n}`),
  ]);
}

export function bundleReadme(count: number, site: BundleSite): string {
  const { now, scheme } = site;
  return `MTA-STS policies of ${count} ${count === 1 ? 'domain' : 'domains'}, exported from Postseal ${new Date(now).toISOString()}

mta-sts.<domain>/   what any web server has to serve at https://mta-sts.<domain>/.well-known/mta-sts.txt, with a
                    certificate for that very name, status 200 and Content-Type text/plain
${BUNDLE.nginx}          an example for nginx, and ${BUNDLE.caddy} for Caddy
${BUNDLE.zone}  the zone ${zoneOf(scheme)}, for tenants whose _mta-sts record is an alias into it
${BUNDLE.records}         the records that each tenant has in its own zone
${BUNDLE.documents}/          the tenants as Postseal reads them
${BUNDLE.ledger}         every policy that was ever served, its id, and until when senders may hold it

To move without a gap:
1. Serve these files with the certificates, at the new place.
2. Let ${scheme.serviceName}, or each mta-sts.<domain>, lead there. Leave the old server running until the records' time to live
   has passed.
3. Take over the name service of the zone, or set the records. While a policy's bytes stay the same its id may stay;
   whoever changes the bytes changes the id, and never uses an id again that is in the ledger.

To bring them into another Postseal: postseal tenant import FOLDER
`;
}

function quoted(path: string): string {
  return `"${path.replaceAll(/["\\\\]/g, '\\\\$&')}"`;
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
