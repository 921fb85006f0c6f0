import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DnsRecord } from './dns-record.ts';
import type { Host } from './host.ts';
import { TSIG_KEY } from './tsig-key.ts';
import { zoneFile, zoneOf, zoneText } from './zone-file.ts';

/** BIND as the primary of the zones given; the tests' key may change and transfer them. */
export interface Bind {
  close(): Promise<void>;
}

export interface BindOptions {
  readonly address: string;
  readonly port: number;
  readonly zones: readonly string[];
  readonly records: readonly DnsRecord[];
}

export async function startBind(host: Host, options: BindOptions): Promise<Bind> {
  const { zones, records } = options;
  const folder = await host.folder('bind');
  for (const zone of zones) {
    const own = records.filter((record) => zoneOf(record.name, zones) === zone);
    await writeFile(join(folder, zoneFile(zone)), zoneText(zone, own));
  }
  const config = join(folder, 'named.conf');
  await writeFile(config, configText(folder, options));
  const program = host.spawn('named', ['-g', '-n', '1', '-c', config]);
  await program.line(/ running$/);
  return { close: () => program.stop() };
}

function configText(folder: string, { address, port, zones }: BindOptions): string {
  return `
options {
  directory "${folder}";
  listen-on port ${port} { ${address}; };
  listen-on-v6 { none; };
  recursion no;
  pid-file none;
  session-keyfile "${folder}/session.key";
  dnssec-validation no;
};
controls { };
key "${TSIG_KEY.name}" { algorithm ${TSIG_KEY.algorithm}; secret "${TSIG_KEY.secret}"; };
${zones
  .map(
    (zone) => `zone "${zone}" {
  type primary;
  file "${zoneFile(zone)}";
  allow-update { key "${TSIG_KEY.name}"; };
  allow-transfer { key "${TSIG_KEY.name}"; };
};`,
  )
  .join('\n')}
`;
}
