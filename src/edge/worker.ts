import type { Server } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import pino, { type Logger } from 'pino';
import type { Hostname } from '../names/hostname.ts';
import { PemFolder } from '../store/files/pem.ts';
import { PolicyTexts } from '../store/files/policy-texts.ts';
import { Certificates } from './certificates.ts';
import { Counts } from './counts.ts';
import { createPlainServer } from './http.ts';
import { createPolicyServer, type PolicyHosts } from './https.ts';
import { Issuing } from './issuing.ts';
import { LivePolicies } from './live-policies.ts';
import type { FromWorker, ListenAddress, ToWorker, WorkerMetrics, WorkerSettings } from './messages.ts';

// How long requests under way may take after the end was announced, in milliseconds.
const DRAIN_TIME = 20_000;

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
  readonly #policyServers: Http2SecureServer[];
  readonly #plainServers: Server[];

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.#log = pino({ level: settings.logLevel }, pino.destination(2));
    this.answered = this.#counts.answered;
    this.#policies = new LivePolicies(new PolicyTexts(settings.state));
    this.policy = this.#policies.get;
    this.#issuing = new Issuing((host) => send({ kind: 'certificate-wanted', host }));
    this.#certificates = this.#openCertificates();
    this.#policyServers = settings.https.map(() => this.#createPolicyServer());
    this.#plainServers = settings.http.map(() =>
      createPlainServer((status) => this.answered('plain', status)),
    );
  }

  context(host: string): ReturnType<PolicyHosts['context']> {
    return this.#policies.has(host) ? this.#certificates.get(host, Date.now()) : undefined;
  }

  async begin(): Promise<void> {
    const { https, http } = this.#settings;
    const [policy, plain] = await Promise.all([
      listen(this.#policyServers, https),
      listen(this.#plainServers, http),
    ]);
    send({ kind: 'listening', https: policy, http: plain });
    await this.#policies.load();
    send({ kind: 'loaded' });
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case 'apply':
        this.#policies.apply(message.domains as readonly Hostname[]);
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
    const servers = [...this.#policyServers, ...this.#plainServers];
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    setTimeout(() => process.exit(0), DRAIN_TIME).unref();
    void Promise.all(closed).then(() => process.exit(0));
  }

  #openCertificates(): Certificates {
    const folder = new PemFolder(this.#settings.certs);
    const source = {
      stamp: (host: string) => folder.stamp(host),
      read: (host: string) => folder.read(host),
      issue: async (host: string) => (this.#settings.localCa ? this.#issuing.issue(host) : undefined),
    };
    return new Certificates(source, this.#settings.cachedCertificates, (host, flaws) => {
      this.#log.error({ event: 'certificate_flawed', host, flaws });
    });
  }

  #createPolicyServer(): Http2SecureServer {
    const server = createPolicyServer(this);
    server.maxConnections = this.#settings.maxConnections;
    server.on('drop', this.#counts.dropped);
    server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
      this.#counts.handshakeFailed(error.code ?? 'unknown');
    });
    return server;
  }

  #metrics(): WorkerMetrics {
    return {
      ...this.#counts.read(),
      cachedCertificates: this.#certificates.size,
      policies: this.#policies.size,
    };
  }
}

function listen(
  servers: readonly (Http2SecureServer | Server)[],
  addresses: readonly ListenAddress[],
): Promise<ListenAddress[]> {
  return Promise.all(
    servers.map(async (server, index) => {
      const { host, port } = addresses[index] as ListenAddress;
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, backlog: BACKLOG }, resolve);
      });
      return { host, port: (server.address() as AddressInfo).port };
    }),
  );
}

function send(message: FromWorker): void {
  // A primary that is gone takes no messages; the worker ends by its `disconnect`.
  if (process.connected) process.send?.(message);
}

let worker: Worker | undefined;

process.on('message', (message: ToWorker) => {
  if (message.kind !== 'begin') {
    worker?.receive(message);
    return;
  }
  worker = new Worker(message.settings);
  worker.begin().catch((error: NodeJS.ErrnoException & { address?: string; port?: number }) => {
    send({
      kind: 'failed',
      code: error.code ?? error.message,
      address: `${error.address ?? ''}:${error.port ?? ''}`,
    });
  });
});
process.on('disconnect', () => (worker === undefined ? process.exit(0) : worker.drain()));
// A terminal or a service manager signals the whole group; the primary alone decides when a worker ends.
process.on('SIGTERM', () => {});
process.on('SIGINT', () => {});
