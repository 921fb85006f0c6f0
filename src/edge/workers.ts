import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { KeyPair } from '../certs/key-pair.ts';
import type { Listeners } from './listeners.ts';
import type { FromWorker, ServedText, ToWorker, WorkerMetrics, WorkerSettings } from './messages.ts';
import { Totals } from './totals.ts';

/** What the primary gives its workers. */
export interface WorkersOptions {
  readonly count: number;
  readonly listeners: { readonly https: Listeners; readonly http: Listeners };
  readonly settings: Omit<WorkerSettings, 'https' | 'http'>;
  readonly log: Logger;
  /** Issues a certificate that the folder does not hold; undefined where this is not done. */
  issue(host: string): Promise<KeyPair | undefined>;
  readonly times?: Partial<WorkersTimes>;
}

/** Milliseconds. */
export interface WorkersTimes {
  /** A worker that has not served a change by then is taken for dead. */
  readonly answer: number;
  /** What a worker counted is waited for so long. */
  readonly metrics: number;
  /** A worker that lives no longer is likely to end again. */
  readonly shortLife: number;
  /** The longest pause before another takes its place. */
  readonly pause: number;
  /** What a worker may take above its own time to end. */
  readonly end: number;
}

const TIMES: WorkersTimes = {
  answer: 30_000,
  metrics: 1_000,
  shortLife: 5_000,
  pause: 10_000,
  end: 1_000,
};

const PROGRAM = fileURLToPath(new URL('worker.ts', import.meta.url));
const OPENSSL_SETTINGS = fileURLToPath(new URL('openssl.cnf', import.meta.url));

// The descriptors of a worker below this are its standard ones and the channel to the primary.
const FIRST_DESCRIPTOR = 4;

/** The workers that have not yet answered one `apply`. */
interface Pending {
  readonly waiting: Set<ChildProcess>;
  readonly done: () => void;
}

/**
 * The edge processes. All accept from the same listening sockets, so that a connection waits for whichever is free,
 * and one that dies takes down nothing but the connections it had accepted; another takes its place.
 */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #times: WorkersTimes;
  readonly #workers = new Set<ChildProcess>();
  readonly #loaded = new Set<ChildProcess>();
  readonly #passes = new Map<number, Pending>();
  readonly #scrapes = new Map<number, (worker: ChildProcess) => void>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  readonly #totals = new Totals<ChildProcess>();
  readonly #listening = Promise.withResolvers<void>();
  #counter = 0;
  #shortLives = 0;
  #restarts = 0;
  #closing = false;

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    // Whoever starts workers and does not ask is not to fail by their failure.
    this.#listening.promise.catch(() => {});
    for (let index = 0; index < options.count; index += 1) this.#begin();
  }

  /** Done when one listens. Fails where the first to tell can't, with the reason. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  /** How many workers have all policies in memory. */
  get ready(): number {
    return this.#loaded.size;
  }

  /** Process ids of the workers that live. */
  get processes(): readonly number[] {
    return [...this.#workers].flatMap(({ pid }) => pid ?? []);
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Lets every worker serve these texts; done when none answers anything older (promise I2). */
  apply(texts: readonly ServedText[]): Promise<void> {
    this.#counter += 1;
    const pass = this.#counter;
    const waiting = new Set(this.#workers);
    if (waiting.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#kill(waiting), this.#times.answer);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    this.#passes.set(pass, { waiting, done });
    for (const worker of waiting) tell(worker, { kind: 'apply', pass, texts });
    return promise;
  }

  /** What all workers counted; of one that does not answer in time, what it told before. */
  async metrics(): Promise<WorkerMetrics> {
    this.#counter += 1;
    const request = this.#counter;
    const waiting = new Set([...this.#workers].filter((worker) => worker.connected));
    if (waiting.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#times.metrics);
        this.#scrapes.set(request, (worker) => {
          waiting.delete(worker);
          if (waiting.size > 0) return;
          clearTimeout(timer);
          resolve();
        });
        for (const worker of waiting) tell(worker, { kind: 'metrics', request });
      });
      this.#scrapes.delete(request);
    }
    return this.#totals.read();
  }

  /** Lets every worker finish its requests and end; one that does not is killed. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    for (const pause of this.#pauses) clearTimeout(pause);
    // First here, then there: the last to close decides what becomes of the connections that wait.
    const { https, http } = this.#options.listeners;
    https.close();
    http.close();
    const workers = [...this.#workers];
    const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of workers) tell(worker, { kind: 'drain' });
    const most = this.#options.settings.times.drain + this.#times.end;
    const timer = setTimeout(() => this.#kill(this.#workers), most);
    await Promise.all(ended);
    clearTimeout(timer);
  }

  #begin(): void {
    const { https, http } = this.#options.listeners;
    const descriptors = [...https.descriptors, ...http.descriptors];
    let worker: ChildProcess;
    try {
      worker = fork(PROGRAM, [], {
        execArgv: [`--openssl-config=${OPENSSL_SETTINGS}`],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
      });
    } catch (error) {
      this.#options.log.error({ event: 'worker_not_started', err: error });
      this.#beginAgain(0);
      return;
    }
    const born = performance.now();
    const exited = (reason: string | number) => this.#exited(worker, performance.now() - born, reason);
    this.#workers.add(worker);
    worker.on('message', (message: FromWorker) => this.#receive(worker, message));
    worker.on('error', (error) => {
      this.#options.log.error({ event: 'worker_unreachable', err: error });
      if (worker.pid === undefined) exited('not started');
    });
    worker.on('exit', (code, signal) => exited(signal ?? code ?? 'unknown'));
    const places = descriptors.map((_, index) => FIRST_DESCRIPTOR + index);
    const settings = {
      ...this.#options.settings,
      https: places.slice(0, https.addresses.length),
      http: places.slice(https.addresses.length),
    };
    tell(worker, { kind: 'begin', settings });
  }

  #exited(worker: ChildProcess, life: number, reason: string | number): void {
    if (!this.#workers.delete(worker)) return;
    this.#loaded.delete(worker);
    this.#totals.end(worker);
    for (const pass of this.#passes.keys()) this.#applied(worker, pass);
    for (const answered of this.#scrapes.values()) answered(worker);
    if (this.#closing) return;
    this.#restarts += 1;
    this.#options.log.error({ event: 'worker_exited', pid: worker.pid, reason });
    this.#beginAgain(life);
  }

  /** At once after a long life, else after a pause that grows. */
  #beginAgain(life: number): void {
    this.#shortLives = life < this.#times.shortLife ? this.#shortLives + 1 : 0;
    const pause = this.#shortLives < 2 ? 0 : Math.min(this.#times.pause, 100 * 2 ** this.#shortLives);
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      this.#begin();
    }, pause);
    this.#pauses.add(timer);
  }

  #receive(worker: ChildProcess, message: FromWorker): void {
    switch (message.kind) {
      case 'listening':
        this.#listening.resolve();
        break;
      case 'failed':
        worker.kill('SIGKILL');
        this.#listening.reject(new WorkersError(message.code));
        break;
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
        this.#totals.see(worker, message.metrics);
        this.#scrapes.get(message.request)?.(worker);
    }
  }

  #applied(worker: ChildProcess, pass: number): void {
    const pending = this.#passes.get(pass);
    pending?.waiting.delete(worker);
    if (pending?.waiting.size !== 0) return;
    this.#passes.delete(pass);
    pending.done();
  }

  async #issue(worker: ChildProcess, host: string): Promise<void> {
    const pair = await this.#options.issue(host).catch((error: unknown) => {
      this.#options.log.error({ event: 'certificate_not_issued', host, err: error });
      return undefined;
    });
    tell(worker, { kind: 'certificate', host, ...(pair && { pair }) });
  }

  #kill(silent: Iterable<ChildProcess>): void {
    for (const worker of silent) {
      this.#options.log.error({ event: 'worker_silent', pid: worker.pid });
      worker.kill('SIGKILL');
    }
  }
}

/** The workers can't serve. */
class WorkersError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`The workers can't serve (${code})`);
    this.code = code;
  }
}

function tell(worker: ChildProcess, message: ToWorker): void {
  // A worker that ends meanwhile is no error of the message.
  if (worker.connected) worker.send(message, () => {});
}
