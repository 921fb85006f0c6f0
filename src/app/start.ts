import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { KeyPair } from '../certs/key-pair.ts';
import { createLocalCa, type LocalCa, loadLocalCa } from '../certs/local-ca.ts';
import type { ListenAddress } from '../edge/messages.ts';
import { type Listening, Workers } from '../edge/workers.ts';
import { policyDomain, policyHost } from '../names/hostname.ts';
import { CaFolder } from '../store/files/ca-folder.ts';
import { DocumentFolder } from '../store/files/document-folder.ts';
import { openState } from '../store/files/state-file.ts';
import type { TenantStore } from '../tenant/store.ts';
import type { Config } from './config.ts';
import { health } from './health.ts';
import { Metrics } from './metrics.ts';
import { createOperationsServer } from './operations.ts';
import { PolicyJob } from './policy-job.ts';
import { PolicyLoop } from './policy-loop.ts';

export interface Running {
  readonly addresses: Listening & { readonly metrics: readonly ListenAddress[] };
  /** The root certificate file of the local CA, where there is one. */
  readonly localCaRoot: string | undefined;
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
  const store = openState(config.store.state);
  const ca = config.localCa ? openLocalCa(config.store.state, now) : undefined;
  const workers = new Workers({
    count: config.workers,
    settings: {
      https: config.listen.https,
      http: config.listen.http,
      state: config.store.state,
      certs: config.store.certs,
      localCa: config.localCa,
      maxConnections: Math.ceil(config.limits.connections / config.workers),
      cachedCertificates: config.limits.certificates,
      logLevel: config.log.level,
    },
    log,
    issue: (host) => issue(ca, store, host, now),
  });
  const folder = new DocumentFolder(config.store.policies);
  const job = new PolicyJob({ folder, store, serve: (domains) => workers.apply(domains), log, now });
  const loop = new PolicyLoop({ job, folder: folder.path, log });
  const state = { firstPassDone: false, ending: false };
  const metrics = new Metrics({
    tenants: () => store.servedCount(),
    flawedDocuments: () => store.flawed().length,
    workerMetrics: () => workers.metrics(),
    workers,
    get policiesFresh() {
      return loop.failure === undefined;
    },
  });
  const operations = config.listen.metrics.map((address) => ({
    address,
    server: createOperationsServer(metrics, () =>
      health({
        ...state,
        tenants: store.servedCount(),
        workersReady: workers.ready,
        workersWanted: config.workers,
        failure: loop.failure,
        flawed: store.flawed(),
      }),
    ),
  }));
  const close = async (): Promise<void> => {
    state.ending = true;
    await workers.close();
    await loop.close();
    await Promise.all(operations.map(({ server }) => closeServer(server)));
    store.close();
  };
  try {
    const listening = Promise.all(operations.map(({ server, address }) => listen(server, address)));
    const [edge, metricsAddresses] = await Promise.all([workers.listening, listening]);
    const firstPass = loop.start().then(() => {
      state.firstPassDone = true;
    });
    const localCaRoot = ca && (await ca).rootFile;
    return { addresses: { ...edge, metrics: metricsAddresses }, localCaRoot, firstPass, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface OpenCa {
  readonly ca: LocalCa;
  readonly rootFile: string;
}

async function openLocalCa(state: string, now: () => number): Promise<OpenCa> {
  const folder = new CaFolder(join(state, 'local-ca'));
  let files = folder.read();
  if (files === undefined) {
    files = await createLocalCa(now());
    folder.write(files);
  }
  return { ca: await loadLocalCa(files), rootFile: folder.rootFile };
}

/** Only the policy hosts of tenants get a certificate, whatever a worker asks for. */
async function issue(
  open: Promise<OpenCa> | undefined,
  store: TenantStore,
  host: string,
  now: () => number,
): Promise<KeyPair | undefined> {
  const domain = policyDomain(host);
  if (open === undefined || domain === undefined || !store.isServed(domain)) return undefined;
  return (await open).ca.issue(policyHost(domain), now());
}

function listen(server: Server, { host, port }: ListenAddress): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => resolve({ host, port: (server.address() as AddressInfo).port }));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
