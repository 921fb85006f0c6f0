import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { KeyPair } from '../certs/key-pair.ts';
import { EdgeChallenges } from './edge-challenges.ts';
import type { Listeners } from './listeners.ts';
import type { ServedText, ToldByWorker, ToWorker, WorkerMetrics, WorkerSettings } from './messages.ts';
import { FIRST_DESCRIPTOR, PROCESSES_TIMES, Processes, type ProcessesTimes } from './processes.ts';
import { WORKER_SUM } from './worker-sum.ts';

/** What the primary gives its workers. */
export interface WorkersOptions {
  readonly count: number;
  readonly listeners: { readonly https: Listeners; readonly http: Listeners };
  readonly settings: Omit<WorkerSettings, 'https' | 'http'>;
  readonly log: Logger;
  /** Issues a certificate that the folder does not hold; undefined where this is not done. */
  issue(host: string): Promise<KeyPair | undefined>;
  /** `end` is what a worker may take above its own time to end. */
  readonly times?: Partial<ProcessesTimes>;
}

// Milliseconds.
const END = 1_000;

const PROGRAM = fileURLToPath(new URL('worker.ts', import.meta.url));
const OPENSSL_SETTINGS = fileURLToPath(new URL('openssl.cnf', import.meta.url));

/**
 * The edge processes. All accept from the same listening sockets, so that a connection waits for whichever is free,
 * and one that dies takes down nothing but the connections it had accepted.
 */
export class Workers extends Processes<ToWorker, ToldByWorker, WorkerMetrics> {
  /** The challenges of CAs that all workers answer. */
  readonly challenges = new EdgeChallenges((change) =>
    this.pass((pass) => ({ kind: 'challenges', pass, ...change })),
  );
  readonly #options: WorkersOptions;
  #closing = false;

  constructor(options: WorkersOptions) {
    const { listeners, settings, times, count, log } = options;
    super({
      what: 'worker',
      count,
      program: PROGRAM,
      execArgv: [`--openssl-config=${OPENSSL_SETTINGS}`],
      descriptors: [...listeners.https.descriptors, ...listeners.http.descriptors],
      begin: () => this.#firstMessage(),
      hear: ({ host }, answer) => void this.#issue(host, answer),
      sum: WORKER_SUM,
      log,
      times: { ...PROCESSES_TIMES, ...times, end: settings.times.drain + (times?.end ?? END) },
    });
    this.#options = options;
    this.start();
  }

  /** Lets every worker serve these texts; done when none answers anything older (promise I2). */
  apply(texts: readonly ServedText[]): Promise<void> {
    return this.pass((pass) => ({ kind: 'apply', pass, texts }));
  }

  /** Lets every worker take the new certificates of these hosts into use. */
  renewed(hosts: readonly string[]): Promise<void> {
    return this.pass((pass) => ({ kind: 'renewed', pass, hosts }));
  }

  /** Lets every worker finish its requests and end; one that does not is killed. */
  override async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    // First here, then there: the last to close decides what becomes of the connections that wait.
    this.#options.listeners.https.close();
    this.#options.listeners.http.close();
    await super.close();
  }

  #firstMessage(): ToWorker {
    const { https, http } = this.#options.listeners;
    const places = (from: number, { descriptors }: Listeners) =>
      descriptors.map((_, index) => FIRST_DESCRIPTOR + from + index);
    const settings = {
      ...this.#options.settings,
      https: places(0, https),
      http: places(https.descriptors.length, http),
    };
    return { kind: 'begin', settings, challenges: this.challenges.present };
  }

  async #issue(host: string, answer: (message: ToWorker) => void): Promise<void> {
    const pair = await this.#options.issue(host).catch((error: unknown) => {
      this.#options.log.error({ event: 'certificate_not_issued', host, err: error });
      return undefined;
    });
    answer({ kind: 'certificate', host, ...(pair && { pair }) });
  }
}
