import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { KeyPair } from '../certs/key-pair.ts';
import type { FromWorker, ListenAddress, ToWorker, WorkerMetrics, WorkerSettings } from './messages.ts';

/** What the primary gives its workers. */
export interface WorkersOptions {
  readonly count: number;
  readonly settings: WorkerSettings;
  readonly log: Logger;
  /** Issues a certificate that the folder does not hold; undefined where this is not done. */
  issue(host: string): Promise<KeyPair | undefined>;
}

export interface Listening {
  readonly https: readonly ListenAddress[];
  readonly http: readonly ListenAddress[];
}

// Milliseconds.
const ANSWER_TIME = 30_000;
const METRICS_TIME = 1_000;
const SHORT_LIFE = 5_000;
const MOST_PAUSE = 10_000;

/** The workers that have not yet answered one `apply`. */
interface Pending {
  readonly waiting: Set<Worker>;
  readonly done: () => void;
}

/**
 * The edge processes. All accept from the same listening sockets, so that a connection waits for whichever is free,
 * and one that dies takes down nothing but the connections it had accepted; another takes its place.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #workers = new Set<Worker>();
  readonly #loaded = new Set<Worker>();
  readonly #passes = new Map<number, Pending>();
  readonly #metrics = new Map<number, (worker: Worker, metrics: WorkerMetrics) => void>();
  readonly #listening = Promise.withResolvers<Listening>();
  #counter = 0;
  #shortLives = 0;
  #restarts = 0;
  #closing = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
    // The kernel hands connections to the workers; the primary would cost every one of them a message.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({
      exec: fileURLToPath(new URL('worker.ts', import.meta.url)),
      args: [],
      execArgv: [`--openssl-config=${fileURLToPath(new URL('openssl.cnf', import.meta.url))}`],
    });
    for (let index = 0; index < options.count; index += 1) this.#fork();
  }

  /** Where the workers listen. Fails where they can't, with the address and the reason. */
  get listening(): Promise<Listening> {
    return this.#listening.promise;
  }

  /** How many workers have all policies in memory. */
  get ready(): number {
    return this.#loaded.size;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Lets every worker read these domains again; done when none answers anything older (promise I2). */
  apply(domains: readonly string[]): Promise<void> {
    this.#counter += 1;
    const pass = this.#counter;
    const waiting = new Set(this.#workers);
    if (waiting.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#kill(waiting), ANSWER_TIME);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    this.#passes.set(pass, { waiting, done });
    for (const worker of waiting) tell(worker, { kind: 'apply', pass, domains });
    return promise;
  }

  /** What each worker counted; one that does not answer in time is left out. */
  async metrics(): Promise<readonly WorkerMetrics[]> {
    this.#counter += 1;
    const request = this.#counter;
    const waiting = new Set(this.#workers);
    const found: WorkerMetrics[] = [];
    if (waiting.size === 0) return found;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, METRICS_TIME);
      this.#metrics.set(request, (worker, metrics) => {
        found.push(metrics);
        waiting.delete(worker);
        if (waiting.size > 0) return;
        clearTimeout(timer);
        resolve();
      });
      for (const worker of waiting) tell(worker, { kind: 'metrics', request });
    });
    this.#metrics.delete(request);
    return found;
  }

  /** Lets every worker finish its requests and end. */
  async close(): Promise<void> {
    this.#closing = true;
    const ended = [...this.#workers].map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of this.#workers) tell(worker, { kind: 'drain' });
    await Promise.all(ended);
  }

  #fork(): void {
    if (this.#closing) return;
    const worker = cluster.fork();
    const born = performance.now();
    this.#workers.add(worker);
    worker.on('message', (message: FromWorker) => this.#receive(worker, message));
    worker.on('error', (error) => this.#options.log.error({ event: 'worker_unreachable', err: error }));
    worker.on('exit', (code, signal) => this.#exited(worker, performance.now() - born, signal ?? code));
    tell(worker, { kind: 'begin', settings: this.#options.settings });
  }

  #exited(worker: Worker, life: number, reason: string | number): void {
    this.#workers.delete(worker);
    this.#loaded.delete(worker);
    for (const pass of this.#passes.keys()) this.#applied(worker, pass);
    if (this.#closing) return;
    this.#restarts += 1;
    this.#shortLives = life < SHORT_LIFE ? this.#shortLives + 1 : 0;
    const pause = this.#shortLives < 2 ? 0 : Math.min(MOST_PAUSE, 100 * 2 ** this.#shortLives);
    this.#options.log.error({ event: 'worker_exited', pid: worker.process.pid, reason, pause });
    setTimeout(() => this.#fork(), pause);
  }

  #receive(worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'listening':
        this.#listening.resolve(message);
        break;
      case 'failed': {
        this.#options.log.error({ event: 'worker_failed', code: message.code, address: message.address });
        worker.process.kill('SIGKILL');
        this.#listening.reject(new ListenError(message.code, message.address));
        break;
      }
      case 'loaded':
        this.#loaded.add(worker);
        break;
      case 'applied':
        this.#applied(worker, message.pass);
        break;
      case 'certificate-wanted':
        void this.#issue(worker, message.host);
        break;
      case 'metrics':
        this.#metrics.get(message.request)?.(worker, message.metrics);
    }
  }

  #applied(worker: Worker, pass: number): void {
    const pending = this.#passes.get(pass);
    pending?.waiting.delete(worker);
    if (pending?.waiting.size !== 0) return;
    this.#passes.delete(pass);
    pending.done();
  }

  async #issue(worker: Worker, host: string): Promise<void> {
    const pair = await this.#options.issue(host).catch((error: unknown) => {
      this.#options.log.error({ event: 'certificate_not_issued', host, err: error });
      return undefined;
    });
    tell(worker, { kind: 'certificate', host, ...(pair && { pair }) });
  }

  #kill(waiting: ReadonlySet<Worker>): void {
    for (const worker of waiting) {
      this.#options.log.error({ event: 'worker_silent', pid: worker.process.pid });
      worker.process.kill('SIGKILL');
    }
  }
}

/** The workers can't listen where they were told to. */
export class ListenError extends Error {
  readonly code: string;
  readonly address: string;

  constructor(code: string, address: string) {
    super(`Can't listen on ${address} (${code})`);
    this.code = code;
    this.address = address;
  }
}

function tell(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message);
}
