import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { ListenAddress } from '../../edge/messages.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { parsePath } from '../../flaws/path.ts';
import { quote } from '../../flaws/quote.ts';
import { shapeFlaws } from '../../flaws/schema.ts';
import { type Hostname, parseHostname } from '../../names/hostname.ts';
import { isSpecialUse } from '../../names/special-use.ts';
import { readYaml } from '../../store/files/yaml.ts';
import type { ReportUri } from '../../tlsrpt/record.ts';
import { type Outlook, readOutlook, readReports } from '../publications/outlook.ts';
import { sealed } from '../sealing.ts';
import { formatAddress, parseAddresses } from './addresses.ts';
import { type Admin, readAdmin } from './admin-settings.ts';
import { type AlertConfig, readAlerts } from './alert-config.ts';
import { type Acme, readAcme } from './authorities.ts';
import {
  CONFIG_FILE,
  type Environment,
  readEnvironment,
  SECRET_VARIABLES,
  variableOf,
} from './environment.ts';
import { type PublisherSettings, readPublisher } from './publisher-settings.ts';
import { Secret } from './secret.ts';
import { type Announce, Settings } from './settings.ts';
import { readZone, type ZoneSettings } from './zone-settings.ts';

/** Everything that the operator decides, checked. */
export interface Config {
  /** Whether no service name is set: the local trial on loopback. */
  readonly trial: boolean;
  /** In A-labels. */
  readonly serviceName: Hostname;
  readonly listen: {
    readonly https: readonly ListenAddress[];
    readonly http: readonly ListenAddress[];
    readonly dns: readonly ListenAddress[];
    readonly metrics: readonly ListenAddress[];
    readonly admin: readonly ListenAddress[];
  };
  readonly admin: Admin;
  /** Folders, absolute. */
  readonly store: { readonly policies: string; readonly certs: string; readonly state: string };
  readonly localCa: boolean;
  readonly acme: Acme;
  readonly dns: ZoneSettings & {
    /** To look at public DNS by; the system's where there are none. */
    readonly resolvers: readonly ListenAddress[];
    readonly announce: Announce;
    /** What it takes to announce so. */
    readonly publisher: PublisherSettings;
  };
  readonly outside: Outlook;
  /** Where TLS reports go; nowhere where there are none. */
  readonly reports: readonly ReportUri[];
  readonly workers: number;
  readonly limits: {
    readonly connections: number;
    readonly certificates: number;
    readonly dns_responses: number;
    readonly requests: number;
  };
  readonly alerts: AlertConfig;
  readonly metrics: {
    /** The most hosts with a metric of their own. */
    readonly perHost: number;
  };
  readonly log: { readonly level: string };
}

const TRIAL_NAME = 'sts.localhost';
const TRIAL_LISTEN = {
  https: '127.0.0.1:8443',
  http: '127.0.0.1:8080',
  dns: '127.0.0.1:8053',
  metrics: '127.0.0.1:9464',
  admin: '127.0.0.1:8470',
};
const PUBLIC_LISTEN = {
  https: '[::]:443',
  http: '[::]:80',
  dns: '[::]:53',
  metrics: '127.0.0.1:9464',
  admin: '127.0.0.1:8470',
};
const STORE = { policies: 'policies', certs: 'certs', state: 'var' };

// So many series of one metric cost Prometheus little.
const PER_HOST = 1_000;

// Two, so that one accepts while the other is replaced.
const LEAST_WORKERS = 2;

/**
 * The configuration from a file (`file`, else `POSTSEAL_CONFIG`, else none) and from the environment, which goes
 * before the file; or every flaw, and where there is none, every contradiction. A flaw's path is the key, or the
 * variable that set it.
 */
export function readConfig(environment: Environment, file = environment[CONFIG_FILE]): Parsed<Config> {
  const written = file === undefined ? parsed(NOTHING_WRITTEN) : readFile(file);
  const revealed = withSecretFiles(environment);
  const set = revealed.ok ? readEnvironment(revealed.value) : revealed;
  if (!written.ok || !set.ok) {
    return flawed(...(written.ok ? [] : written.flaws), ...(set.ok ? [] : set.flaws));
  }
  const config = check(merge(written.value.settings, set.value));
  if (config.ok) return config;
  return flawed(
    ...config.flaws.map((flaw) => {
      if (has(set.value, flaw.path)) return { ...flaw, path: variableOf(flaw.path) ?? flaw.path };
      return has(written.value.settings, flaw.path) ? written.value.locate(flaw) : flaw;
    }),
  );
}

interface Written {
  readonly settings: Settings;
  locate(flaw: Flaw): Flaw;
}

const NOTHING_WRITTEN: Written = { settings: {}, locate: (flaw) => flaw };

const settingsFlaws = shapeFlaws(Settings);

function readFile(file: string): Parsed<Written> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const message = `The file ${quote(file)} can't be read (${(error as NodeJS.ErrnoException).code})`;
    return flawed({ path: file, message, remedy: 'Correct its name, or let Postseal read it' });
  }
  const yaml = readYaml(bytes);
  if (!yaml.ok) return flawed(...yaml.flaws.map((flaw) => ({ ...flaw, path: file })));
  const { value, locate } = yaml.value;
  const flaws = settingsFlaws(value);
  if (flaws.length > 0) return flawed(...flaws.map(locate));
  return parsed({ settings: sealed(value as object), locate });
}

/** A secret may stand in a file, which `…_FILE` names, so that it is seen neither here nor in a list of processes. */
function withSecretFiles(environment: Environment): Parsed<Environment> {
  const found: Record<string, string | undefined> = { ...environment };
  const flaws: Flaw[] = [];
  for (const name of SECRET_VARIABLES) {
    const file = environment[`${name}_FILE`];
    if (file === undefined) continue;
    delete found[`${name}_FILE`];
    try {
      found[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      const message = `The file can't be read (${(error as NodeJS.ErrnoException).code})`;
      flaws.push({ path: `${name}_FILE`, message, remedy: 'Correct its name, or let Postseal read it' });
    }
  }
  return flaws.length > 0 ? flawed(...flaws) : parsed(found);
}

function has(settings: Settings, path: string): boolean {
  let value: unknown = settings;
  for (const step of parsePath(path)) value = (value as Record<string, unknown> | undefined)?.[step];
  return value !== undefined;
}

/** Both, key by key; where both have one, that of `set`. */
function merge<T extends object>(written: T, set: T): T {
  const merged = new Map<string, unknown>(Object.entries(written));
  for (const [key, value] of Object.entries(set)) {
    const before = merged.get(key);
    merged.set(key, isSection(before) && isSection(value) ? merge(before, value) : value);
  }
  return Object.fromEntries(merged) as T;
}

function isSection(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Secret);
}

function check(settings: Settings): Parsed<Config> {
  const { service_name = TRIAL_NAME, workers = 'auto', limits, log } = settings;
  const trial = settings.service_name === undefined;
  const name = parseHostname(service_name);
  const listen = readListen({ ...(trial ? TRIAL_LISTEN : PUBLIC_LISTEN), ...settings.listen });
  const store = readStore({ ...STORE, ...settings.store });
  const isPublic = name.ok && !isSpecialUse(name.value);
  const localCa = settings.local_ca ?? (!isPublic && settings.acme?.directory === undefined);
  const acme = readAcme(settings, isPublic && !localCa);
  const zone = name.ok ? readZone(settings, name.value) : flawed();
  const resolvers = parseAddresses('dns.resolver', settings.dns?.resolver ?? 'off');
  const announce = announceOf(settings);
  const publisher = readPublisher(settings.dns ?? {}, announce);
  const outside = readOutlook(settings);
  const reports = readReports(settings);
  const admin = readAdmin(settings);
  const alerts = readAlerts(settings.alerts);
  const flaws = [
    ...(name.ok
      ? localCaFlaws(name.value, localCa)
      : name.flaws.map((flaw) => ({ ...flaw, path: 'service_name' }))),
    ...(listen.ok ? [] : listen.flaws),
    ...(store.ok ? [] : store.flaws),
    ...(acme.ok ? [] : acme.flaws),
    ...(zone.ok ? [] : zone.flaws),
    ...(resolvers.ok ? [] : resolvers.flaws),
    ...(publisher.ok ? [] : publisher.flaws),
    ...(outside.ok ? [] : outside.flaws),
    ...(reports.ok ? [] : reports.flaws),
    ...(admin.ok ? [] : admin.flaws),
    ...(alerts.ok ? [] : alerts.flaws),
  ];
  if (acme.ok && localCa && acme.value.authorities.length > 0) {
    const message = 'Certificates come from the local CA or by ACME, not from both';
    flaws.push({ path: 'local_ca', message, remedy: 'Remove local_ca, or write acme.directory: off' });
  }
  if (settings.dns?.announce === 'own' && listen.ok && listen.value.dns.length === 0) {
    const message = 'Our own server is to announce, and its listen.dns is off';
    flaws.push({ path: 'dns.announce', message, remedy: 'Give listen.dns an address, or name another way' });
  }
  if (flaws.length > 0 || !name.ok || !listen.ok || !store.ok || !acme.ok || !resolvers.ok || !admin.ok) {
    return flawed(...flaws);
  }
  if (!outside.ok || !reports.ok || !alerts.ok || !zone.ok || !publisher.ok) return flawed(...flaws);
  return parsed({
    trial,
    serviceName: name.value,
    listen: listen.value,
    admin: admin.value,
    store: store.value,
    localCa,
    acme: acme.value,
    dns: { ...zone.value, resolvers: resolvers.value, announce, publisher: publisher.value },
    outside: outside.value,
    reports: reports.value,
    workers: workers === 'auto' ? Math.max(LEAST_WORKERS, availableParallelism()) : workers,
    limits: { connections: 20_000, certificates: 2_000, dns_responses: 100, requests: 6_000, ...limits },
    alerts: alerts.value,
    metrics: { perHost: settings.metrics?.per_host ?? PER_HOST },
    log: { level: 'info', ...log },
  });
}

/** Without a server of our own, and without another one named, a person sets what is to be announced. */
function announceOf({ dns, listen }: Settings): Announce {
  return dns?.announce ?? (listen?.dns === 'off' ? 'manual' : 'own');
}

function localCaFlaws(serviceName: string, localCa: boolean): readonly Flaw[] {
  if (!localCa || isSpecialUse(serviceName)) return [];
  const message = `${serviceName} is a public name, and no sender trusts the local CA`;
  return [{ path: 'local_ca', message, remedy: 'Remove local_ca, and put certificates into store.certs' }];
}

function readListen(listen: Readonly<Record<keyof Config['listen'], string>>): Parsed<Config['listen']> {
  const https = parseAddresses('listen.https', listen.https);
  const http = parseAddresses('listen.http', listen.http);
  const dns = parseAddresses('listen.dns', listen.dns);
  const metrics = parseAddresses('listen.metrics', listen.metrics);
  const admin = parseAddresses('listen.admin', listen.admin);
  const flaws = [https, http, dns, metrics, admin].flatMap((addresses) =>
    addresses.ok ? [] : addresses.flaws,
  );
  const given = {
    https: https.ok ? https.value : [],
    http: http.ok ? http.value : [],
    dns: dns.ok ? dns.value : [],
    metrics: metrics.ok ? metrics.value : [],
    admin: admin.ok ? admin.value : [],
  };
  if (https.ok && https.value.length === 0) {
    flaws.push({ path: 'listen.https', message: 'Is off', remedy: 'Give it an address' });
  }
  flaws.push(...sharedFlaws('listen', given, listenedOn));
  return flaws.length > 0 ? flawed(...flaws) : parsed(given);
}

/** Port 0 stands for any free port, and so is shared with nobody. */
function listenedOn(addresses: readonly ListenAddress[]): string[] {
  return addresses.filter(({ port }) => port !== 0).map(formatAddress);
}

function readStore(store: Config['store']): Parsed<Config['store']> {
  const folders = {
    policies: resolve(store.policies),
    certs: resolve(store.certs),
    state: resolve(store.state),
  };
  const flaws = sharedFlaws('store', folders, (folder) => [folder]);
  return flaws.length > 0 ? flawed(...flaws) : parsed(folders);
}

/** Two keys of a section that were given the same thing. */
function sharedFlaws<T>(
  section: string,
  values: Readonly<Record<string, T>>,
  parts: (value: T) => string[],
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
