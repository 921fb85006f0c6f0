import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';
import { PEBBLE } from './pebble-program.ts';
import type { Program } from './program.ts';
import { createTestCa } from './test-ca.ts';

export interface PebbleOptions {
  /** Address and port of the DNS server that it validates with. */
  readonly dns: string;
  /** The name under which clients reach it. */
  readonly name?: string;
  /** The ports that it validates at. */
  readonly httpPort?: number;
  readonly tlsPort?: number;
  /** Its own ports: ACME, and management. */
  readonly ports?: { readonly acme: number; readonly management: number };
  /** Keys (base64url) by key id: then no account is made without external account binding. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** What it answers to in CAA records. */
  readonly caaIdentities?: readonly string[];
  /** Names that it refuses. */
  readonly blocked?: readonly string[];
  /** How often, in percent, it refuses a good nonce. */
  readonly badNonces?: number;
  /** How often, in percent, it finds a name proven already. */
  readonly authorizationReuse?: number;
  /** The most seconds that it waits before each validation. */
  readonly validationSleep?: number;
  readonly strict?: boolean;
  /** The seconds after which it wants to be asked again for what it is working on; 0 leaves it to the client. */
  readonly retryAfter?: number;
}

/** Let's Encrypt's ACME test server, as hostile as the options say. */
export interface Pebble {
  readonly program: Program;
  readonly directory: string;
  /** PEM: the root of the certificate that its own HTTPS has. */
  readonly apiRoot: string;
  /** PEM: the root of what it issues; another one after each start. */
  root(): Promise<string>;
  /** Has it answer any text, sense or nonsense, when asked for a certificate's renewal information. */
  setRenewalInfo(certificate: string, answer: string): Promise<void>;
  /** How many orders it has taken since it started. */
  readonly orders: number;
  /** How many certificates it has issued since it started. */
  readonly issued: number;
  close(): Promise<void>;
  /** Starts it again, with all forgotten. */
  restart(): Promise<void>;
}

/** What it issues by name, in seconds of validity. */
export const PROFILES = { classic: 90 * 86_400, shortlived: 6 * 86_400 } as const;

const USUAL_PORTS = { acme: 14000, management: 15000 };

export async function startPebble(host: Host, options: PebbleOptions): Promise<Pebble> {
  const { name = 'localhost', ports = USUAL_PORTS, strict = false } = options;
  const folder = await host.folder(`pebble-${ports.acme}`);
  const api = await createTestCa('Pebble API');
  const { key, certificate } = await api.issue([name]);
  const file = (base: string) => join(folder, base);
  await writeFile(file('api.key'), key);
  await writeFile(file('api.pem'), certificate);
  await writeFile(file('root.pem'), api.root);
  await writeFile(file('config.json'), JSON.stringify(config(host, options, folder)));
  const start = async () => {
    const args = ['-config', file('config.json'), '-dnsserver', options.dns, ...(strict ? ['-strict'] : [])];
    const program = host.spawn(PEBBLE, args, { env: environment(options) });
    await host.waitForPort(ports.acme, program, host.address);
    await host.waitForPort(ports.management, program, host.address);
    return program;
  };
  let program = await start();
  const management = (path: string, ...args: readonly string[]) => {
    const url = `https://${name}:${ports.management}${path}`;
    return host.run('curl', ['-sS', '--fail', '--noproxy', '*', '--cacert', file('root.pem'), ...args, url]);
  };
  return {
    get program() {
      return program;
    },
    directory: `https://${name}:${ports.acme}/dir`,
    apiRoot: api.root,
    root: () => management('/roots/0'),
    setRenewalInfo: async (certificate, answer) => {
      const body = JSON.stringify({ Certificate: certificate, ARIResponse: answer });
      await management('/set-renewal-info/', '--data-binary', body);
    },
    get orders() {
      return count(program, /Added order/);
    },
    get issued() {
      return count(program, /Issued certificate serial/);
    },
    close: () => program.stop(),
    restart: async () => {
      program = await start();
    },
  };
}

function count({ lines }: Program, pattern: RegExp): number {
  return lines.filter((line) => pattern.test(line)).length;
}

function config(host: Host, options: PebbleOptions, folder: string): object {
  const {
    ports = USUAL_PORTS,
    httpPort = 80,
    tlsPort = 443,
    externalAccounts = {},
    caaIdentities = [],
    blocked = [],
    retryAfter = 1,
  } = options;
  const pebble = {
    listenAddress: `${host.address}:${ports.acme}`,
    managementListenAddress: `${host.address}:${ports.management}`,
    certificate: join(folder, 'api.pem'),
    privateKey: join(folder, 'api.key'),
    httpPort,
    tlsPort,
    externalAccountBindingRequired: Object.keys(externalAccounts).length > 0,
    externalAccountMACKeys: externalAccounts,
    caaIdentities,
    domainBlocklist: blocked,
    retryAfter: { authz: retryAfter, order: retryAfter },
    keyAlgorithm: 'ecdsa',
    profiles: Object.fromEntries(
      Object.entries(PROFILES).map(([name, validityPeriod]) => [name, { description: name, validityPeriod }]),
    ),
  };
  return { pebble };
}

function environment(options: PebbleOptions): Record<string, string> {
  const { badNonces = 0, authorizationReuse = 0, validationSleep = 0 } = options;
  return {
    // Its handler of authorizations and that of new orders take two locks in opposite order: on several processors at
    // once it stops for ever after a few hundred orders.
    GOMAXPROCS: '1',
    PEBBLE_WFE_NONCEREJECT: String(badNonces),
    PEBBLE_AUTHZREUSE: String(authorizationReuse),
    ...(validationSleep > 0 ? { PEBBLE_VA_SLEEPTIME: String(validationSleep) } : { PEBBLE_VA_NOSLEEP: '1' }),
  };
}
