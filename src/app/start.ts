import type { Logger } from 'pino';
import type { Happening } from '../access/happening.ts';
import { BY_HAND } from '../announce/by-hand.ts';
import { Listeners } from '../edge/listeners.ts';
import type { ListenAddress, ServedText } from '../edge/messages.ts';
import { EDGE_TIMES } from '../edge/times.ts';
import { Workers } from '../edge/workers.ts';
import { type Hostname, policyDomain } from '../names/hostname.ts';
import { openAccess } from '../store/files/access-file.ts';
import { DocumentFolder } from '../store/files/document-folder.ts';
import { OnDemand } from '../store/files/on-demand.ts';
import { PemFolder } from '../store/files/pem.ts';
import { openState } from '../store/files/state-file.ts';
import type { TenantStore } from '../tenant/store.ts';
import { openAdmin } from './admin.ts';
import { certificateDesk } from './certificates/certificate-desk.ts';
import { keepCertificates } from './certificates/certificates.ts';
import { issueLocally, openLocalCa } from './certificates/local-ca.ts';
import { OrderCounts } from './certificates/order-counts.ts';
import type { Config } from './config/config.ts';
import type { Secret } from './config/secret.ts';
import { startDns } from './dns.ts';
import { openAlertJob } from './operations/alerts.ts';
import { Happenings } from './operations/happenings.ts';
import { health } from './operations/health.ts';
import { Metrics } from './operations/metrics.ts';
import { openOperations } from './operations/operations.ts';
import { KnownTenancy } from './operations/tenancy.ts';
import { PublicationCounts } from './publications/publication-counts.ts';
import { keepPublications } from './publications/publications.ts';
import { configuredPublisher } from './publications/publisher.ts';
import { Revising } from './publications/revising.ts';
import { openAdoption } from './tenants/adopting.ts';
import { openDesk } from './tenants/desk.ts';
import { ledgerClock } from './tenants/ledger-clock.ts';
import { PolicyJob } from './tenants/policy-job.ts';
import { PolicyLoop } from './tenants/policy-loop.ts';

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
  const file = new OnDemand(config.store.state);
  const store = openState(config.store.state, file);
  const ca = config.localCa ? openLocalCa(config.store.state, log, now) : undefined;
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
    issue: (host) => issueLocally(ca, store, host, now),
  });
  const dns = await startDns(config, log, now);
  const folder = new DocumentFolder(config.store.policies);
  const access = openAccess(config.store.state, file);
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
  const alerts = openAlertJob({ config, file, sources: certificates ? [certificates.alerts] : [], log, now });
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
  const desk = openDesk({ config, loop, file, store, ready: ready.promise, log, now });
  const pems = new PemFolder(config.store.certs);
  const admin = openAdmin({
    ...{ config, access, happenings, desk, store, log, now },
    publications,
    adoption: openAdoption({ config, desk, store, now }),
    certificates: certificateDesk({ certificates, pems, localCa: config.localCa, now }),
  });
  const state = { ending: false };
  const known = new KnownTenancy(store);
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
        ...known.problems,
        ...(loop.failure === undefined ? [] : [loop.failure]),
        ...(certificates?.problems() ?? []),
        ...alerts.problems(),
        ...(dns?.problems() ?? []),
        ...publications.problems(),
      ],
    });
  };
  const operations = openOperations(config.listen.metrics, { metrics, health: readHealth, log });
  const close = async (): Promise<void> => {
    state.ending = true;
    await admin.close();
    await alerts.close();
    // Challenges are answered until no order waits for them.
    await Promise.all([certificates?.close(), publications.close()]);
    await Promise.all([workers.close(), dns?.close()]);
    await loop.close();
    desk.close();
    await operations.close();
    access.close();
    store.close();
  };
  try {
    const [opened, metricsAddresses, adminAddresses] = await Promise.all([
      ca,
      operations.listen(),
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

/** What these domains' policies are to be now. */
function textsOf(domains: readonly Hostname[], store: TenantStore): ServedText[] {
  return domains.map((domain) => ({
    domain,
    text: store.isServed(domain) ? store.newest(domain)?.text : undefined,
  }));
}
