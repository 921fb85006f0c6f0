import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { ListenAddress } from '../edge/messages.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { formatPath } from '../flaws/path.ts';
import { shapeFlaws } from '../flaws/schema.ts';
import { parseHostname } from '../names/hostname.ts';
import { isSpecialUse } from '../names/special-use.ts';
import { readYaml } from '../store/files/yaml.ts';
import { Settings } from './settings.ts';

/** Everything that the operator decides, checked. */
export interface Config {
  /** Whether nothing was set: the local trial on loopback. */
  readonly trial: boolean;
  readonly serviceName: string;
  readonly listen: {
    readonly https: readonly ListenAddress[];
    readonly http: readonly ListenAddress[];
    readonly metrics: readonly ListenAddress[];
  };
  /** Folders, absolute. */
  readonly store: { readonly policies: string; readonly certs: string; readonly state: string };
  readonly localCa: boolean;
  readonly workers: number;
  readonly limits: { readonly connections: number; readonly certificates: number };
  readonly log: { readonly level: string };
}

export type Environment = Readonly<Record<string, string | undefined>>;

const TRIAL_LISTEN = { https: '127.0.0.1:8443', http: '127.0.0.1:8080', metrics: '127.0.0.1:9464' };
const PUBLIC_LISTEN = { https: '[::]:443', http: '[::]:80', metrics: '127.0.0.1:9464' };

// Two, so that one accepts while the other is replaced.
const LEAST_WORKERS = 2;

/**
 * The configuration from a file (`file`, else `POSTSEAL_CONFIG`, else none) and from the environment, which goes
 * before the file; or every flaw and every contradiction in it.
 */
export function readConfig(environment: Environment, file = environment.POSTSEAL_CONFIG): Parsed<Config> {
  const written = file === undefined ? parsed({}) : readFile(file);
  const set = fromEnvironment(environment);
  if (!written.ok || !set.ok)
    return flawed(...(written.ok ? [] : written.flaws), ...(set.ok ? [] : set.flaws));
  return check(merge(written.value, set.value));
}

const settingsFlaws = shapeFlaws(Settings);

function readFile(file: string): Parsed<Settings> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const message = `The file ${file} can't be read (${(error as NodeJS.ErrnoException).code})`;
    return flawed({ path: '', message, remedy: 'Correct its name, or let Postseal read it' });
  }
  const yaml = readYaml(bytes);
  if (!yaml.ok) return flawed(...yaml.flaws.map((flaw) => ({ ...flaw, path: file })));
  const flaws = settingsFlaws(yaml.value.value);
  return flaws.length === 0 ? parsed(yaml.value.value as Settings) : flawed(...flaws.map(yaml.value.locate));
}

/** All keys by the environment variables that set them. */
const VARIABLES = new Map(
  leaves(Settings).map((path): [string, readonly string[]] => [
    `POSTSEAL_${path.join('_').toUpperCase()}`,
    path,
  ]),
);

function leaves(schema: object, path: readonly string[] = []): (readonly string[])[] {
  const properties = (schema as { properties?: Record<string, object> }).properties;
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([key, value]) => leaves(value, [...path, key]));
}

function fromEnvironment(environment: Environment): Parsed<Settings> {
  const flaws: Flaw[] = [];
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('POSTSEAL_') || name === 'POSTSEAL_CONFIG' || value === undefined) continue;
    const path = VARIABLES.get(name);
    if (path === undefined) {
      const remedy = `Remove it; the variables known here are ${[...VARIABLES.keys()].join(', ')}`;
      flaws.push({ path: name, message: 'Unknown variable', remedy });
    } else place(settings, path, fromText(value));
  }
  const names = new Map([...VARIABLES].map(([name, path]) => [formatPath(path), name]));
  flaws.push(
    ...settingsFlaws(settings).map((flaw) => ({ ...flaw, path: names.get(flaw.path) ?? flaw.path })),
  );
  return flaws.length === 0 ? parsed(settings as Settings) : flawed(...flaws);
}

function place(settings: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) settings[key] = value;
  else {
    settings[key] ??= {};
    place(settings[key] as Record<string, unknown>, rest, value);
  }
}

function fromText(value: string): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  return /^\d+$/.test(value) ? Number(value) : value;
}

function merge(written: Settings, set: Settings): Settings {
  return {
    ...written,
    ...set,
    listen: { ...written.listen, ...set.listen },
    store: { ...written.store, ...set.store },
    limits: { ...written.limits, ...set.limits },
    log: { ...written.log, ...set.log },
  };
}

function check(settings: Settings): Parsed<Config> {
  const trial = settings.service_name === undefined;
  const serviceName = (settings.service_name ?? 'sts.localhost').toLowerCase();
  const listen = { ...(trial ? TRIAL_LISTEN : PUBLIC_LISTEN), ...settings.listen };
  const store = { policies: 'policies', certs: 'certs', state: 'var', ...settings.store };
  const addresses = {
    https: parseAddresses('listen.https', listen.https),
    http: parseAddresses('listen.http', listen.http),
    metrics: parseAddresses('listen.metrics', listen.metrics),
  };
  const localCa = settings.local_ca ?? isSpecialUse(serviceName);
  const flaws = [
    ...nameFlaws(serviceName, localCa),
    ...Object.values(addresses).flatMap((parts) => (parts.ok ? [] : parts.flaws)),
    ...(listen.https === OFF
      ? [{ path: 'listen.https', message: 'Is off', remedy: 'Give it an address' }]
      : []),
    ...sharedFlaws('listen', listen, (text) =>
      text.split(/\s*,\s*/).filter((part) => part !== OFF && !part.endsWith(':0')),
    ),
    ...sharedFlaws('store', store, (folder) => [resolve(folder)]),
  ];
  const { https, http, metrics } = addresses;
  if (flaws.length > 0 || !https.ok || !http.ok || !metrics.ok) return flawed(...flaws);
  const { workers = 'auto', limits, log } = settings;
  return parsed({
    trial,
    serviceName,
    listen: { https: https.value, http: http.value, metrics: metrics.value },
    store: { policies: resolve(store.policies), certs: resolve(store.certs), state: resolve(store.state) },
    localCa,
    workers: workers === 'auto' ? Math.max(LEAST_WORKERS, availableParallelism()) : workers,
    limits: { connections: 20_000, certificates: 2_000, ...limits },
    log: { level: 'info', ...log },
  });
}

function nameFlaws(serviceName: string, localCa: boolean): readonly Flaw[] {
  const path = 'service_name';
  const name = parseHostname(serviceName);
  if (!name.ok) return name.flaws.map((flaw) => ({ ...flaw, path }));
  if (!localCa || isSpecialUse(serviceName)) return [];
  const message = `${serviceName} is a public name, and no sender trusts the local CA`;
  return [{ path: 'local_ca', message, remedy: 'Remove local_ca, and put certificates into store.certs' }];
}

const OFF = 'off';

/** `address:port`, several joined by commas; an IPv6 address stands in brackets. */
function parseAddresses(path: string, text: string): Parsed<ListenAddress[]> {
  if (text === OFF) return parsed([]);
  const addresses: ListenAddress[] = [];
  for (const part of text.split(',')) {
    const match = /^(?:\[([\da-fA-F:.]+)\]|([^[\]:\s]+)):(\d{1,5})$/.exec(part.trim());
    const port = Number(match?.[3]);
    const host = match?.[1] ?? match?.[2];
    if (host === undefined || port > 65_535) {
      const message = `${JSON.stringify(part.trim())} is no address with a port`;
      return flawed({ path, message, remedy: 'Write for example "127.0.0.1:8443" or "[::]:443"' });
    }
    addresses.push({ host, port });
  }
  return parsed(addresses);
}

/** Two keys of a section that were given the same thing. */
function sharedFlaws(
  section: string,
  values: Readonly<Record<string, string>>,
  parts: (value: string) => string[],
): readonly Flaw[] {
  const owners = new Map<string, string>();
  const flaws: Flaw[] = [];
  for (const [key, value] of Object.entries(values)) {
    for (const part of parts(value)) {
      const owner = owners.get(part);
      owners.set(part, key);
      if (owner === undefined) continue;
      const message = `${part} is given to ${section}.${owner} already`;
      flaws.push({ path: `${section}.${key}`, message, remedy: 'Give each its own' });
    }
  }
  return flaws;
}
