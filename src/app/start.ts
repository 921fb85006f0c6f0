import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Happening } from '../access/happening.ts';
import { BY_HAND } from '../announce/by-hand.ts';
import type { KeyPair } from '../certs/key-pair.ts';
import { createLocalCa, type LocalCa, loadLocalCa } from '../certs/local-ca.ts';
import { ListenError, Listeners } from '../edge/listeners.ts';
import type { ListenAddress, ServedText } from '../edge/messages.ts';
import { EDGE_TIMES } from '../edge/times.ts';
import { Workers } from '../edge/workers.ts';
import { type Hostname, policyDomain, policyHost } from '../names/hostname.ts';
import { openAccess } from '../store/files/access-file.ts';
import { CaFolder } from '../store/files/ca-folder.ts';
import { ClaimFile } from '../store/files/claim-file.ts';
import { DocumentFolder } from '../store/files/document-folder.ts';
import { DocumentWriter } from '../store/files/document-writer.ts';
import { PemFolder } from '../store/files/pem.ts';
import { openState } from '../store/files/state-file.ts';
import type { TenantStore } from '../tenant/store.ts';
import { openAdmin } from './admin.ts';
import { openAdoption } from './adopting.ts';
import { openAlertJob } from './alerts.ts';
import { certificateDesk } from './certificate-desk.ts';
import { keepCertificates, openDns } from './certificates.ts';
import { Claims } from './claims.ts';
import type { Config } from './config.ts';
import { startDns } from './dns.ts';
import { Happenings } from './happenings.ts';
import { type HealthEvidence, health, MOST_DOCUMENTS } from './health.ts';
import { LastKnown } from './last-known.ts';
import { ledgerClock } from './ledger-clock.ts';
import { mailLook } from './mail-look.ts';
import { Metrics } from './metrics.ts';
import { createOperationsServer } from './operations.ts';
import { OrderCounts } from './order-counts.ts';
import { PolicyJob } from './policy-job.ts';
import { PolicyLoop } from './policy-loop.ts';
import { PublicationCounts } from './publication-counts.ts';
import { keepPublications } from './publications.ts';
import { configuredPublisher } from './publisher.ts';
import { Revising } from './revising.ts';
import { schemeOf } from './scheme.ts';
import type { Secret } from './secret.ts';
import { FileDesk } from './tenant-desk.ts';

export interface Running {
  readonly addresses: {
    readonly https: readonly ListenAddress[];
    readonly http: readonly ListenAddress[];
    readonly dns: readonly ListenAddress[];
    readonly metrics: readonly ListenAddress[];
    readonly admin: readonly ListenAddress[];
  };
  /** The root certificate file of the local CA, where there is one. */
  readonly localCaRoot: string | undefined;
  /** A token of scope admin that was just made, since there was none; to be shown once. */
  readonly firstToken: Secret | undefined;
  /** Done when all documents were looked at once. */
  readonly firstPass: Promise<void>;
  /** Stops accepting, finishes the requests under way, stops the jobs and closes the stores. */
  close(): Promise<void>;
}

/**
 * Builds everything in order and starts it. The workers come first: what the state file holds is served at once,
 * whatever else is slow or broken.
 */
export async function start(config: Config, log: Logger, now: () => number = Date.now): Promise<Running> {
  const listeners = {
    https: await Listeners.bind(config.listen.https),
    http: await Listeners.bind(config.listen.http),
  };
  const store = openState(config.store.state);
  const ca = config.localCa
    ? openLocalCa(config.store.state, now).catch((error: unknown) => {
        // Such as on a read-only disk: certificates that are in their folder are served all the same.
        log.error({ event: 'local_ca_failed', err: error });
        return undefined;
      })
    : undefined;
  const workers = new Workers({
    count: config.workers,
    listeners,
    settings: {
      state: config.store.state,
      certs: config.store.certs,
      serviceName: config.serviceName,
      localCa: config.localCa,
      maxConnections: Math.ceil(config.limits.connections / config.workers),
      cachedCertificates: config.limits.certificates,
      logLevel: config.log.level,
      times: EDGE_TIMES,
    },
    log,
    issue: (host) => issue(ca, store, host, now),
  });
  const dns = await startDns(config, log, now);
  const folder = new DocumentFolder(config.store.policies);
  const access = openAccess(config.store.state);
  const happenings = new Happenings({ store: access.happenings, log, now });
  const tell = (some: readonly Happening[]) => happenings.tell(some);
  const orders = new OrderCounts();
  const certificates =
    config.acme.authorities.length === 0
      ? undefined
      : keepCertificates({
          config,
          board: workers.challenges,
          renewed: async (host) => {
            await workers.renewed([host]);
            const domain = policyDomain(host);
            if (domain !== undefined) publications.wake([domain]);
          },
          ordered: (ca, outcome) => orders.count(ca, outcome),
          tell,
          tenants: store,
          log,
          now,
        });
  const alerts = openAlertJob({ config, sources: certificates ? [certificates.alerts] : [], log, now });
  const serve = async (domains: readonly Hostname[]) => {
    await workers.apply(textsOf(domains, store));
    certificates?.notice(domains);
  };
  const ledgerNow = ledgerClock(now, () => performance.now());
  const settled = (domains: readonly Hostname[]) => publications.wake(domains);
  const job = new PolicyJob({ folder, store, serve, settled, tell, log, now, ledgerNow });
  const loop = new PolicyLoop({ job, folder: folder.path, log });
  const published = new PublicationCounts();
  const publications = keepPublications({
    config,
    tenants: store,
    publisher: configuredPublisher(config.dns.publisher, { own: dns?.own ?? BY_HAND, manual: BY_HAND, now }),
    revising: new Revising({ job, store, folder, now }),
    counts: published,
    localCa: ca,
    listening: {
      https: listeners.https.addresses,
      dns: config.dns.announce === 'own' ? (dns?.addresses ?? []) : [],
    },
    log,
    now,
    ledgerNow,
  });
  publications.onPublication((domain, { number, id, stage, waiting }) => {
    tell([{ kind: 'publication.stage', domain, data: { number, id, stage, waiting: waiting?.why ?? '' } }]);
  });
  const ready = Promise.withResolvers<void>();
  const desk = openDesk({ config, loop, store, ready: ready.promise, log, now });
  const pems = new PemFolder(config.store.certs);
  const admin = openAdmin({
    ...{ config, access, happenings, desk, store, log, now },
    publications,
    adoption: openAdoption({ config, desk, store, now }),
    certificates: certificateDesk({ certificates, pems, localCa: config.localCa, now }),
  });
  const state = { ending: false };
  const known = new LastKnown(() => readTenancy(store), { tenants: 0, flawedCount: 0, flawed: [] });
  const metrics = new Metrics({
    tenants: () => known.read().tenants,
    flawedDocuments: () => known.read().flawedCount,
    workerMetrics: () => workers.metrics(),
    workers,
    orders,
    certificates: () => certificates?.census(),
    certificateEnds: () => certificates?.firstToEnd(config.metrics.perHost) ?? [],
    alerts: () => alerts.counts(),
    dns: () => dns?.facts(),
    published,
    publications: () => publications.census(),
    get policiesFresh() {
      return loop.failure === undefined;
    },
  });
  const readHealth = () => {
    const tenancy = known.read();
    return health({
      ...state,
      ...tenancy,
      // What the state file holds is served also where the folder of documents is gone.
      firstPassDone: loop.hasRead || (loop.failure !== undefined && tenancy.tenants > 0),
      workersReady: workers.ready,
      workersWanted: config.workers,
      problems: [
        ...(known.failure === undefined ? [] : [STATE_UNREADABLE]),
        ...(loop.failure === undefined ? [] : [loop.failure]),
        ...(certificates?.problems() ?? []),
        ...alerts.problems(),
        ...(dns?.problems() ?? []),
        ...publications.problems(),
      ],
    });
  };
  const operations = config.listen.metrics.map((address) => ({
    address,
    server: createOperationsServer({ metrics, health: readHealth, log }),
  }));
  const close = async (): Promise<void> => {
    state.ending = true;
    await admin.close();
    await alerts.close();
    // Challenges are answered until no order waits for them.
    await Promise.all([certificates?.close(), publications.close()]);
    await Promise.all([workers.close(), dns?.close()]);
    await loop.close();
    desk.close();
    await Promise.all(operations.map(({ server }) => closeServer(server)));
    access.close();
    store.close();
  };
  try {
    const [opened, metricsAddresses, adminAddresses] = await Promise.all([
      ca,
      Promise.all(operations.map(({ server, address }) => listen(server, address))),
      admin.listen(),
      workers.listening,
      // Policies are served whatever becomes of DNS.
      dns?.listening.catch((error: unknown) => log.error({ event: 'dns_not_answered', err: error })),
    ]);
    alerts.start();
    const addresses = {
      https: listeners.https.addresses,
      http: listeners.http.addresses,
      dns: dns?.addresses ?? [],
      metrics: metricsAddresses,
      admin: adminAddresses,
    };
    const firstToken = admin.firstToken();
    const firstPass = loop.start();
    void firstPass.then(ready.resolve);
    return { addresses, localCaRoot: opened?.rootFile, firstToken, firstPass, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface DeskParts {
  readonly config: Config;
  readonly loop: PolicyLoop;
  readonly store: TenantStore;
  readonly ready: Promise<void>;
  readonly log: Logger;
  now(): number;
}

function openDesk({ config, loop, store, ready, log, now }: DeskParts): FileDesk {
  const folder = config.store.policies;
  const writer = new DocumentWriter(folder);
  try {
    writer.sweep();
  } catch (error) {
    // Such as where the folder can't be written, so that nobody can have left anything there.
    log.warn({ event: 'documents_not_swept', err: error });
  }
  const look = (files: readonly string[]) => loop.look(files);
  const dns = openDns(config);
  const mailHosts = mailLook(dns);
  const { ttl, zone } = schemeOf(config);
  const isOurs = (name: string) =>
    name === config.serviceName || (zone !== undefined && name.endsWith(`.${zone}`));
  const claims = new Claims({ store: new ClaimFile(config.store.state), dns, isOurs, now });
  const desk = new FileDesk({ store, writer, claims, folder, look, ready, mailHosts, ttl, log, now });
  desk.finishLeaving().catch((error: unknown) => log.error({ event: 'tenants_not_left', err: error }));
  return desk;
}

const STATE_UNREADABLE = "The state file can't be read: the policies in memory are served";

function readTenancy(store: TenantStore): Pick<HealthEvidence, 'tenants' | 'flawed' | 'flawedCount'> {
  return {
    tenants: store.servedCount(),
    flawed: store.flawed(MOST_DOCUMENTS),
    flawedCount: store.flawedCount(),
  };
}

/** What these domains' policies are to be now. */
function textsOf(domains: readonly Hostname[], store: TenantStore): ServedText[] {
  return domains.map((domain) => ({
    domain,
    text: store.isServed(domain) ? store.newest(domain)?.text : undefined,
  }));
}

interface OpenCa {
  readonly ca: LocalCa;
  /** PEM. */
  readonly root: string;
  readonly rootFile: string;
}

async function openLocalCa(state: string, now: () => number): Promise<OpenCa> {
  const folder = new CaFolder(join(state, 'local-ca'));
  let files = folder.read();
  if (files === undefined) {
    files = await createLocalCa(now());
    folder.write(files);
  }
  return { ca: await loadLocalCa(files), root: files.root, rootFile: folder.rootFile };
}

/** Only the policy hosts of tenants get a certificate, whatever a worker asks for. */
async function issue(
  open: Promise<OpenCa | undefined> | undefined,
  store: TenantStore,
  host: string,
  now: () => number,
): Promise<KeyPair | undefined> {
  const domain = policyDomain(host);
  if (domain === undefined || !store.isServed(domain)) return undefined;
  return (await open)?.ca.issue(policyHost(domain), now());
}

/** Throws a {@link ListenError}. */
async function listen(server: Server, address: ListenAddress): Promise<ListenAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError(error, address)));
    server.listen({ ...address }, resolve);
  });
  return { host: address.host, port: (server.address() as AddressInfo).port };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
