import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Host } from './host.ts';
import { TSIG_KEY } from './tsig-key.ts';

/** PowerDNS as the primary of zones, changed by its HTTP API, or by RFC 2136 with the tests' key. */
export interface PowerDns {
  readonly url: string;
  readonly apiKey: string;
  /** Puts a record there beside what is there, behind the server's back. */
  put(record: { name: string; type: string; value: string; isDisabled?: boolean }): void;
  /** Removes all records of a name and type, likewise. */
  remove(name: string, type: string): void;
  close(): Promise<void>;
}

export interface PowerDnsOptions {
  readonly port: number;
  readonly apiPort: number;
  readonly zones: readonly string[];
}

const SCHEMA = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql';
const API_KEY = 'a-key-for-tests';

export async function startPowerDns(host: Host, options: PowerDnsOptions): Promise<PowerDns> {
  const { port, apiPort, zones } = options;
  const folder = await host.folder('powerdns');
  const file = join(folder, 'zones.db');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 20000;');
  database.exec(readFileSync(SCHEMA, 'utf8'));
  await writeFile(join(folder, 'pdns.conf'), configText(folder, file, options));
  const program = host.spawn('pdns_server', [`--config-dir=${folder}`, '--daemon=no', '--guardian=no']);
  await host.waitForPort(apiPort, program);
  await host.waitForPort(port, program);
  const url = `http://127.0.0.1:${apiPort}`;
  const post = async (path: string, body: unknown) => {
    const headers = { 'x-api-key': API_KEY, 'content-type': 'application/json' };
    const target = `${url}/api/v1/servers/localhost/${path}`;
    const response = await fetch(target, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`PowerDNS: ${response.status} ${await response.text()}`);
    await response.body?.cancel();
  };
  await post('tsigkeys', { name: TSIG_KEY.name, algorithm: TSIG_KEY.algorithm, key: TSIG_KEY.secret });
  for (const zone of zones) {
    await post('zones', { name: `${zone}.`, kind: 'Native', nameservers: [`ns.${zone}.`] });
    for (const [kind, value] of Object.entries({
      'ALLOW-DNSUPDATE-FROM': '127.0.0.0/8',
      'TSIG-ALLOW-DNSUPDATE': TSIG_KEY.name,
      'SOA-EDIT-DNSUPDATE': 'INCREASE',
    })) {
      await post(`zones/${zone}./metadata`, { kind, metadata: [value] });
    }
  }
  const insert = database.prepare(
    `INSERT INTO records (domain_id, name, type, content, ttl, prio, disabled, auth)
     SELECT id, ?, ?, ?, 60, 0, ?, 1 FROM domains WHERE ? LIKE '%' || name ORDER BY length(name) DESC LIMIT 1`,
  );
  const deletion = database.prepare('DELETE FROM records WHERE name = ? AND type = ?');
  return {
    url,
    apiKey: API_KEY,
    put: ({ name, type, value, isDisabled = false }) => {
      insert.run(name, type, type === 'TXT' ? `"${value}"` : value, isDisabled ? 1 : 0, name);
    },
    remove: (name, type) => {
      deletion.run(name, type);
    },
    close: async () => {
      await program.stop();
      database.close();
    },
  };
}

function configText(folder: string, file: string, { port, apiPort }: PowerDnsOptions): string {
  return `
launch=gsqlite3
gsqlite3-database=${file}
local-address=127.0.0.1
local-port=${port}
socket-dir=${folder}
api=yes
api-key=${API_KEY}
webserver=yes
webserver-address=127.0.0.1
webserver-port=${apiPort}
webserver-allow-from=127.0.0.0/8
dnsupdate=yes
zone-cache-refresh-interval=0
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
`;
}
