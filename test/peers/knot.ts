import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { absolute, type DnsRecord, recordText } from './dns-record.ts';
import type { Host } from './host.ts';
import { TSIG_KEY } from './tsig-key.ts';
import { zoneFile, zoneOf, zoneText } from './zone-file.ts';

const DNS_PORT = 53;

// Names whose records one message surely has room for.
const MOST_NAMES = 200;

/** Knot DNS as the authoritative server of the root and of the zones given. */
export interface Knot {
  readonly address: string;
  /** Puts the records given in the place of all that have their names and types. */
  put(...records: readonly DnsRecord[]): Promise<void>;
  /** Removes all records of a name and type. */
  remove(name: string, type: string): Promise<void>;
  close(): Promise<void>;
}

export interface KnotOptions {
  readonly address: string;
  readonly port?: number;
  /** Names of the zones, with their delegations made by the harness. */
  readonly zones: readonly string[];
  readonly records: readonly DnsRecord[];
  /** Whether it has the root too, from which the zones are delegated; it does unless told otherwise. */
  readonly hasRoot?: boolean;
  /** Whether all zones are signed, from the root down. */
  readonly signs?: boolean;
}

export async function startKnot(host: Host, options: KnotOptions): Promise<Knot> {
  const { address, port = DNS_PORT, zones, records, hasRoot = true, signs = false } = options;
  const served = hasRoot ? ['.', ...zones] : zones;
  const folder = await host.folder('knot');
  await mkdir(join(folder, 'database'), { recursive: true });
  const all = [...records, ...delegations(zones, address)];
  for (const zone of served) {
    const own = all.filter((record) => zoneOf(record.name, zones) === zone);
    await writeFile(join(folder, zoneFile(zone)), zoneText(zone, own));
  }
  const config = join(folder, 'knot.conf');
  await writeFile(config, configText(folder, `${address}@${port}`, served, signs));
  const program = host.spawn('knotd', ['-c', config]);
  await program.line(/server started/);

  const update = async (zone: string, commands: readonly string[]) => {
    const key = `${TSIG_KEY.algorithm}:${TSIG_KEY.name}:${TSIG_KEY.secret}`;
    const script = [
      `server ${address} ${port}`,
      `zone ${absolute(zone)}`,
      'origin .',
      ...commands,
      'send',
      '',
    ];
    await host.run('knsupdate', ['-y', key], { input: script.join('\n') });
  };
  if (signs) {
    for (const zone of zones) {
      const printed = await host.run('keymgr', ['-c', config, absolute(zone), 'ds']);
      const digests = printed.split('\n').filter((line) => line.includes(' DS '));
      await update(
        '.',
        digests.map((line) => `update add ${line.replace(' DS ', ' 5 DS ')}`),
      );
    }
  }
  return {
    address,
    put: async (...changed) => {
      for (const [zone, ofZone] of Map.groupBy(changed, (record) => zoneOf(record.name, zones))) {
        const byName = [...Map.groupBy(ofZone, ({ name }) => name).values()];
        for (const some of chunks(byName, MOST_NAMES)) await update(zone, replacing(some.flat()));
      }
    },
    remove: (name, type) => update(zoneOf(name, zones), [`update delete ${absolute(name)} ${type}`]),
    close: () => program.stop(),
  };
}

/** The commands that put records in the place of all of their names and types. */
function replacing(records: readonly DnsRecord[]): string[] {
  const deletions = records.map(({ name, type }) => `update delete ${absolute(name)} ${type}`);
  return [...new Set(deletions), ...records.map((record) => `update add ${recordText(record)}`)];
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

/** Each zone is delegated from the zone above it, as a resolver that starts at the root expects. */
function delegations(zones: readonly string[], address: string): DnsRecord[] {
  const toUs = zones.map((zone) => ({ name: zone, type: 'NS', value: 'ns.' }));
  return [{ name: 'ns.', type: 'A', value: address }, ...toUs];
}

function configText(folder: string, listen: string, zones: readonly string[], signs: boolean): string {
  const signing = signs ? '    dnssec-signing: on\n' : '';

  return `
server:
    rundir: "${folder}"
    listen: [ "${listen}" ]
    user: "root:root"
    udp-workers: 2
    tcp-workers: 2
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "${folder}/database"
key:
  - id: "${TSIG_KEY.name}"
    algorithm: "${TSIG_KEY.algorithm}"
    secret: "${TSIG_KEY.secret}"
acl:
  - id: "change"
    key: "${TSIG_KEY.name}"
    action: [ update, transfer ]
template:
  - id: default
    storage: "${folder}"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
    acl: [ "change" ]
zone:
${zones.map((zone) => `  - domain: "${absolute(zone)}"\n    file: "${zoneFile(zone)}"\n${signing}`).join('')}`;
}
