import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openAnnounced } from '../../src/store/files/announced-file.ts';
import { domainOf } from '../tenants.ts';
import { launch, type Running } from './process.ts';
import { freePorts } from './server.ts';

/** An authoritative server of the zone below, on one processor, with one process or thread for UDP where it can. */
export interface DnsKind {
  readonly name: string;
  start(site: DnsSite): Promise<DnsServer>;
}

interface DnsSite {
  readonly cores: string;
  readonly tenants: number;
  readonly folder: string;
}

export interface DnsServer extends Running {
  readonly port: number;
}

const SERVICE = 'sts.postseal.test';
const ZONE = `z.${SERVICE}`;
const TTL = 300;

/** The name of a tenant's record. */
export function recordNameOf(index: number): string {
  return `${domainOf(index)}._mta-sts.${ZONE}`;
}

export function recordTextOf(index: number): string {
  return `v=STSv1; id=20261122T190650Z${String(index).padStart(8, '0')};`;
}

export const knot: DnsKind = {
  name: 'knot',
  async start(site) {
    const { port, zone } = await prepared(site);
    const config = `
server:
    rundir: "${site.folder}"
    listen: [ "127.0.0.1@${port}" ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    user: "${process.getuid?.() === 0 ? 'root:root' : ''}"
log:
  - target: stderr
    any: error
database:
    storage: "${site.folder}"
zone:
  - domain: "${ZONE}."
    file: "${zone}"
    zonefile-sync: -1
`;
    return launched(site, port, 'knot.conf', config, (file) => ['knotd', '-c', file]);
  },
};

export const bind: DnsKind = {
  name: 'bind',
  async start(site) {
    const { port, zone } = await prepared(site);
    const config = `
options {
  directory "${site.folder}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  minimal-responses yes;
  pid-file none;
  session-keyfile "${site.folder}/session.key";
};
logging { category default { null; }; };
controls { };
zone "${ZONE}" { type primary; file "${zone}"; };
`;
    return launched(site, port, 'named.conf', config, (file) => ['named', '-f', '-n', '1', '-c', file]);
  },
};

const MAIN = fileURLToPath(import.meta.resolve('../../src/cli/main.ts'));

/** The whole server, as it is started by its users; its rate limit counts, and is out of reach. */
export const postsealDns: DnsKind = {
  name: 'postseal',
  async start({ cores, tenants, folder }) {
    const [https = 0, port = 0] = await freePorts(2);
    const state = join(folder, 'state');
    const policies = join(folder, 'policies');
    mkdirSync(policies, { recursive: true });
    const store = openAnnounced(state);
    const sets = Array.from({ length: tenants }, (_, index) => ({
      name: `${domainOf(index)}._mta-sts`,
      values: [recordTextOf(index)],
      ttl: TTL,
    }));
    store.record({ serial: 1, sets });
    store.close();
    const running = launch(cores, [process.execPath, MAIN, 'serve'], {
      POSTSEAL_SERVICE_NAME: SERVICE,
      POSTSEAL_LISTEN_HTTPS: `127.0.0.1:${https}`,
      POSTSEAL_LISTEN_HTTP: 'off',
      POSTSEAL_LISTEN_METRICS: 'off',
      POSTSEAL_LISTEN_ADMIN: 'off',
      POSTSEAL_LISTEN_DNS: `127.0.0.1:${port}`,
      POSTSEAL_STORE_POLICIES: policies,
      POSTSEAL_STORE_CERTS: join(folder, 'certs'),
      POSTSEAL_STORE_STATE: state,
      POSTSEAL_WORKERS: '1',
      POSTSEAL_LIMITS_DNS_RESPONSES: '1000000',
      POSTSEAL_LOG_LEVEL: 'error',
    });
    return { ...running, port };
  },
};

async function prepared({ tenants, folder }: DnsSite): Promise<{ port: number; zone: string }> {
  const [port = 0] = await freePorts(1);
  const zone = join(folder, 'bench.zone');
  const soa = `${ZONE}. ${TTL} IN SOA ${SERVICE}. hostmaster.${SERVICE}. 1 900 300 1209600 60`;
  const ns = `${ZONE}. ${TTL} IN NS ${SERVICE}.`;
  const records = Array.from({ length: tenants }, (_, index) => {
    return `${recordNameOf(index)}. ${TTL} IN TXT "${recordTextOf(index)}"`;
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(zone, `${[soa, ns, ...records].join('\n')}\n`);
  return { port, zone };
}

function launched(
  { cores, folder }: DnsSite,
  port: number,
  name: string,
  config: string,
  command: (file: string) => string[],
): DnsServer {
  const file = join(folder, name);
  writeFileSync(file, config);
  return { ...launch(cores, command(file)), port };
}
