import type { Server } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import pino, { type Logger } from 'pino';
import { PemFolder } from '../store/files/pem.ts';
import { PolicyTexts } from '../store/files/policy-texts.ts';
import { Certificates } from './certificates.ts';
import { Connections } from './connections.ts';
import { Counts } from './counts.ts';
import { handshakeFailure } from './handshake-failure.ts';
import { createPlainServer } from './http.ts';
import { createPolicyServer, type PolicyHosts } from './https.ts';
import { Issuing } from './issuing.ts';
import { LivePolicies } from './live-policies.ts';
import type { FromWorker, ToWorker, WorkerMetrics, WorkerSettings } from './messages.ts';

// Connections that the kernel holds until a worker takes them; it allows no more than net.core.somaxconn.
const BACKLOG = 4096;

/** One edge process: serves policies over HTTPS until the primary says otherwise, or is gone. */
class Worker implements PolicyHosts {
  draining = false;
  readonly answered: PolicyHosts['answered'];
  readonly policy: PolicyHosts['policy'];
  readonly #settings: WorkerSettings;
  readonly #log: Logger;
  readonly #counts = new Counts();
  readonly #policies: LivePolicies;
  readonly #issuing: Issuing;
  readonly #certificates: Certificates;
  readonly #policyServers: readonly Http2SecureServer[];
  readonly #plainServers: readonly Server[];
  readonly #connections: Connections;

  constructor(settings: WorkerSettings, log: Logger) {
    this.#settings = settings;
    this.#log = log;
    this.answered = this.#counts.answered;
    this.#policies = new LivePolicies(new PolicyTexts(settings.state));
    this.policy = this.#policies.get;
    this.#issuing = new Issuing((host) => send({ kind: 'certificate-wanted', host }));
    this.#certificates = this.#openCertificates();
    this.#policyServers = settings.https.map(() => this.#createPolicyServer());
    this.#plainServers = settings.http.map(() =>
      createPlainServer((status) => this.answered('plain', status), settings.times),
    );
    const servers = [...this.#policyServers, ...this.#plainServers];
    for (const server of servers) {
      server.maxConnections = settings.maxConnections;
      server.on('drop', this.#counts.dropped);
    }
    this.#connections = new Connections(servers);
  }

  context(host: string): ReturnType<PolicyHosts['context']> {
    return this.#policies.has(host) ? this.#certificates.get(host, Date.now()) : undefined;
  }

  failed(error: unknown): void {
    this.#log.error({ event: 'request_failed', err: error });
  }

  async begin(): Promise<void> {
    const { https, http } = this.#settings;
    await Promise.all([
      ...this.#policyServers.map((server, index) => this.#listen(server, https[index])),
      ...this.#plainServers.map((server, index) => this.#listen(server, http[index])),
    ]);
    send({ kind: 'listening' });
    await this.#policies.load();
    send({ kind: 'loaded' });
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'apply':
        this.#policies.apply(message.texts);
        send({ kind: 'applied', pass: message.pass });
        break;
      case 'certificate':
        this.#issuing.answered(message.host, message.pair);
        break;
      case 'metrics':
        send({ kind: 'metrics', request: message.request, metrics: this.#metrics() });
        break;
      case 'drain':
        this.drain();
    }
  }

  drain(): void {
    if (this.draining) return;
    this.draining = true;
    const { times } = this.#settings;
    setTimeout(() => {
      this.#log.warn({ event: 'connections_cut', connections: this.#connections.size });
      process.exit(0);
    }, times.drain);
    void this.#connections.drain(times).then(() => process.exit(0));
  }

  #openCertificates(): Certificates {
    const { certs, localCa, cachedCertificates, times } = this.#settings;
    const folder = new PemFolder(certs);
    const source = {
      stamp: (host: string) => folder.stamp(host),
      read: (host: string) => folder.read(host),
      issue: async (host: string) => (localCa ? this.#issuing.issue(host) : undefined),
    };
    return new Certificates(source, cachedCertificates, times, (host, flaws) => {
      this.#log.error({ event: 'certificate_flawed', host, flaws });
    });
  }

  #createPolicyServer(): Http2SecureServer {
    const server = createPolicyServer(this, this.#settings.times);
    server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
      this.#counts.handshakeFailed(handshakeFailure(error.code));
    });
    return server;
  }

  async #listen(server: Http2SecureServer | Server, descriptor: number | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ fd: descriptor }, BACKLOG, () => {
        server.off('error', reject);
        resolve();
      });
    });
    // A connection that can't be accepted is no reason to end those that were.
    server.on('error', (error) => this.#log.error({ event: 'accept_failed', err: error }));
  }

  #metrics(): WorkerMetrics {
    return {
      ...this.#counts.read(),
      connections: this.#connections.size,
      cachedCertificates: this.#certificates.size,
      policies: this.#policies.size,
    };
  }
}

/** @returns whether there is a primary to send to; a worker without one ends by its `disconnect`. */
function send(message: FromWorker): boolean {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
  return process.connected;
}

let worker: Worker | undefined;
let log = pino(pino.destination(2));

process.on('message', (message: ToWorker) => {
  if (message.kind !== 'begin') {
    worker?.receive(message);
    return;
  }
  log = pino({ level: message.settings.logLevel }, pino.destination(2));
  worker = new Worker(message.settings, log);
  worker.begin().catch((error: NodeJS.ErrnoException) => {
    log.error({ event: 'worker_failed', err: error });
    send({ kind: 'failed', code: error.code ?? error.name });
  });
});
process.on('disconnect', () => (worker === undefined ? process.exit(0) : worker.drain()));
// A terminal or a service manager signals the whole group; the primary alone decides when a worker ends.
process.on('SIGTERM', () => {});
process.on('SIGINT', () => {});
process.on('uncaughtException', (error) => {
  log.fatal({ event: 'worker_crashed', err: error });
  process.exit(1);
});
