import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';
import type { Program } from './program.ts';

/** A server that copies one zone. */
interface SecondaryOptions {
  readonly address: string;
  readonly port: number;
  readonly zone: string;
  readonly primary: { readonly address: string; readonly port: number };
  readonly key: { readonly name: string; readonly algorithm: string; readonly secret: string };
}

/** Each tells in its own words, in its log, how it got the zone. */
export type StartSecondary = (host: Host, options: SecondaryOptions) => Promise<Program>;

export const startKnotSecondary: StartSecondary = async (host, options) => {
  const { address, port, zone, primary, key } = options;
  const folder = await host.folder(`knot-secondary-${port}`);
  await mkdir(join(folder, 'database'), { recursive: true });
  const config = join(folder, 'knot.conf');
  await writeFile(
    config,
    `
server:
    rundir: "${folder}"
    listen: [ "${address}@${port}" ]
    user: "root:root"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: info
database:
    storage: "${folder}/database"
key:
  - id: "${key.name}"
    algorithm: "${key.algorithm}"
    secret: "${key.secret}"
remote:
  - id: "primary"
    address: "${primary.address}@${primary.port}"
    key: "${key.name}"
acl:
  - id: "notify"
    key: "${key.name}"
    action: notify
zone:
  - domain: "${zone}."
    storage: "${folder}"
    master: "primary"
    acl: "notify"
    zonefile-sync: -1
`,
  );
  const program = host.spawn('knotd', ['-c', config]);
  await program.line(/server started/);
  return program;
};

export const startBindSecondary: StartSecondary = async (host, options) => {
  const { address, port, zone, primary, key } = options;
  const folder = await host.folder(`bind-secondary-${port}`);
  const config = join(folder, 'named.conf');
  await writeFile(
    config,
    `
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
key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };
zone "${zone}" {
  type secondary;
  file "copy";
  masterfile-format text;
  primaries port ${primary.port} { ${primary.address} key "${key.name}"; };
  allow-notify { key "${key.name}"; };
};
`,
  );
  const program = host.spawn('named', ['-g', '-n', '1', '-c', config]);
  await program.line(/ running$/);
  return program;
};
