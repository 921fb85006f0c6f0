import type { Logger } from 'pino';
import type { Publisher } from '../../announce/publisher.ts';
import type { LocalCa } from '../../certs/local-ca.ts';
import { type Outside, openAlone, openOutside } from '../../checks/outside.ts';
import { trusting } from '../../checks/policy-fetch.ts';
import { openPublicDns } from '../../checks/public-dns.ts';
import type { ListenAddress } from '../../edge/messages.ts';
import { type Hostname, policyHost } from '../../names/hostname.ts';
import { isSpecialUse } from '../../names/special-use.ts';
import type { PolicyId } from '../../policy/policy-id.ts';
import { PemFolder } from '../../store/files/pem.ts';
import { openPublications } from '../../store/files/publication-file.ts';
import type { Evidence } from '../../tenant/announcing.ts';
import type { PublicationCensus } from '../../tenant/publication-store.ts';
import type { TenantStore } from '../../tenant/store.ts';
import { formatAddress } from '../config/addresses.ts';
import type { Config } from '../config/config.ts';
import { schemeOf } from '../config/scheme.ts';
import type { PublicationCounts } from './publication-counts.ts';
import { PublicationJob, type PublicationListener } from './publication-job.ts';
import { publicationProblems } from './publication-problems.ts';
import { PublicationSteps } from './publication-steps.ts';
import type { Revising } from './revising.ts';

export interface PublicationsOptions {
  readonly config: Config;
  readonly tenants: TenantStore;
  readonly publisher: Publisher;
  readonly revising: Revising;
  readonly counts: PublicationCounts;
  /** The local CA with its root (PEM); undefined where there is none. */
  readonly localCa: Promise<{ readonly ca: LocalCa; readonly root: string } | undefined> | undefined;
  readonly listening: {
    readonly https: readonly ListenAddress[];
    readonly dns: readonly ListenAddress[];
  };
  readonly log: Logger;
  now(): number;
  ledgerNow(): number;
}

/** The way of every tenant's newest revision to its senders. */
export interface Publications {
  /** Lets these take their next step at once, such as when something came that they may wait for. */
  wake(domains: readonly Hostname[]): void;
  /** Calls the listener for each publication that moves, or waits for something else than before. @returns what ends it. */
  onPublication(listener: PublicationListener): () => void;
  /** The id that is to stand in DNS now; undefined where none may yet. */
  due(domain: Hostname): PolicyId | undefined;
  problems(): readonly string[];
  census(): PublicationCensus | undefined;
  close(): Promise<void>;
}

// How long a name server may take for one question, in milliseconds.
const DNS_TIME = 5_000;

// The pause before a state file that can't be written is tried again, in milliseconds.
const OPEN_AGAIN = 30_000;

/** Publishes from now on; where the state file can't be written, as soon as it can. */
export function keepPublications(options: PublicationsOptions): Publications {
  const listeners = new Set<PublicationListener>();
  const listener: PublicationListener = (...told) => {
    for (const each of listeners) each(...told);
  };
  let opened: Opened | undefined;
  let timer: NodeJS.Timeout | undefined;
  const ending = new AbortController();
  const open = async (): Promise<void> => {
    try {
      const found = await openThem(options, listener);
      if (ending.signal.aborted) await found.close();
      else opened = found;
    } catch (error) {
      options.log.error({ event: 'publications_not_kept', err: error });
      if (!ending.signal.aborted) timer = setTimeout(() => void open(), OPEN_AGAIN);
    }
  };
  const opening = open();
  return {
    wake: (domains) => opened?.wake(domains),
    onPublication: (each) => {
      listeners.add(each);
      return () => listeners.delete(each);
    },
    due: (domain) => opened?.due(domain),
    problems: () => opened?.problems() ?? [],
    census: () => opened?.census(),
    close: async () => {
      ending.abort();
      clearTimeout(timer);
      await opening;
      const closing = opened;
      // Nobody is to use it any more.
      opened = undefined;
      await closing?.close();
    },
  };
}

type Opened = Omit<Publications, 'onPublication'>;

async function openThem(options: PublicationsOptions, listener: PublicationListener): Promise<Opened> {
  const { config, log, now } = options;
  const local = await options.localCa;
  const roots = [config.outside.roots, local?.root ?? ''].filter((pem) => pem !== '');
  const store = openPublications(config.store.state);
  const steps = new PublicationSteps({
    ...options,
    publications: store,
    outside: outsideOf(options, roots),
    certificate: certificates(config, local !== undefined, now),
    scheme: schemeOf(config),
    by: config.dns.announce,
  });
  const job = new PublicationJob({ store, steps, listener, log, now });
  job.start();
  return {
    wake: (domains) => job.wake(domains),
    due: (domain) => store.get(domain)?.due as PolicyId | undefined,
    problems: () => publicationProblems({ failure: job.failure, waiting: store.waiting(1), now: now() }),
    census: () => store.census(),
    close: async () => {
      await job.close();
      store.close();
    },
  };
}

/** A server that nobody but this machine can reach, by a name that is none in public DNS, is looked at past DNS. */
function outsideOf({ config, listening }: PublicationsOptions, roots: readonly string[]): Outside {
  const { serviceName, outside } = config;
  const context = trusting(roots);
  const at = (server: string) => openPublicDns({ timeout: DNS_TIME, servers: [server] });
  if (isSpecialUse(serviceName) && config.listen.https.every(({ host }) => isLoopback(host))) {
    return openAlone({
      serviceName,
      context,
      at,
      places: listening.https,
      nameServers: listening.dns.map(formatAddress),
    });
  }
  const servers = config.dns.resolvers.map(formatAddress);
  const dns = openPublicDns({ timeout: DNS_TIME, ...(servers.length > 0 && { servers }) });
  return openOutside({ serviceName, dns, at, context, connectTo: outside.connectTo });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** What this server has for a policy host; that it is trusted, the fetch from outside tells. */
function certificates(config: Config, isLocalCa: boolean, now: () => number) {
  const pems = new PemFolder(config.store.certs);
  return (domain: Hostname): Evidence['certificate'] => {
    const host = policyHost(domain);
    const isThere = hasFile(pems, host);
    if (!isThere && isLocalCa) return { is: 'valid' };
    const remedy = `Look at what is wrong: postseal cert list`;
    if (!isThere) return { is: 'missing', why: `${host} has no certificate yet`, remedy };
    const pair = pems.read(host);
    if (!pair.ok)
      return { is: 'missing', why: pair.flaws[0]?.message ?? 'The certificate is flawed', remedy };
    if (pair.value.notAfter > now()) return { is: 'valid' };
    return { is: 'missing', why: `The certificate of ${host} has expired`, remedy };
  };
}

function hasFile(pems: PemFolder, host: string): boolean {
  try {
    return pems.stamp(host) !== undefined;
  } catch {
    return true;
  }
}
