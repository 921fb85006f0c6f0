import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from 'pino';
import { type Sum, Totals } from './totals.ts';

/** What every process understands besides the messages of its kind. */
export type ToProcess =
  | { readonly kind: 'metrics'; readonly request: number }
  /** Stop taking on work, finish what is under way, and exit. */
  | { readonly kind: 'drain' };

/** What every process tells besides the messages of its kind. */
export type FromProcess<Metrics> =
  | { readonly kind: 'listening' }
  /** It can't serve, for a reason that another one in its place would meet too. */
  | { readonly kind: 'failed'; readonly code: string }
  /** All that it serves is in memory. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'applied'; readonly pass: number }
  | { readonly kind: 'metrics'; readonly request: number; readonly metrics: Metrics };

export interface ProcessesOptions<To, Told, Metrics> {
  /** What one is called in the log, such as `worker`. */
  readonly what: string;
  readonly count: number;
  /** The file of the program. */
  readonly program: string;
  readonly execArgv?: readonly string[];
  /** Descriptors that each one inherits, from {@link FIRST_DESCRIPTOR} on. */
  readonly descriptors: readonly number[];
  /** The first message to a new one. */
  begin(): To;
  /** Answers what one tells in a message of its kind. */
  hear?(told: Told, answer: (message: To) => void): void;
  readonly sum: Sum<Metrics>;
  readonly log: Logger;
  readonly times: ProcessesTimes;
}

/** Milliseconds. */
export interface ProcessesTimes {
  /** One that has not answered a pass by then is taken for dead. */
  readonly answer: number;
  /** What one counted is waited for so long. */
  readonly metrics: number;
  /** One that lives no longer is likely to end again. */
  readonly shortLife: number;
  /** The longest pause before another takes its place. */
  readonly pause: number;
  /** How long ending may take. */
  readonly end: number;
}

export const PROCESSES_TIMES: Omit<ProcessesTimes, 'end'> = {
  answer: 30_000,
  metrics: 1_000,
  shortLife: 5_000,
  pause: 10_000,
};

/** The descriptors below this are the standard ones and the channel to the primary. */
export const FIRST_DESCRIPTOR = 4;

/** The processes that have not yet answered one message. */
interface Pending {
  readonly waiting: Set<ChildProcess>;
  readonly done: () => void;
}

/**
 * Processes of one kind that serve the same side by side, each from its own copy of what they serve. One that ends is
 * replaced; one that does not answer is ended.
 */
export abstract class Processes<
  To extends { readonly kind: string },
  Told extends { readonly kind: string },
  Metrics,
> {
  readonly #options: ProcessesOptions<To, Told, Metrics>;
  readonly #living = new Set<ChildProcess>();
  readonly #loaded = new Set<ChildProcess>();
  readonly #passes = new Map<number, Pending>();
  readonly #scrapes = new Map<number, (child: ChildProcess) => void>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  readonly #totals: Totals<ChildProcess, Metrics>;
  readonly #listening = Promise.withResolvers<void>();
  #counter = 0;
  #shortLives = 0;
  #restarts = 0;
  #closing = false;

  constructor(options: ProcessesOptions<To, Told, Metrics>) {
    this.#options = options;
    this.#totals = new Totals(options.sum);
    // Whoever starts processes and does not ask is not to fail by their failure.
    this.#listening.promise.catch(() => {});
  }

  protected start(): void {
    for (let index = 0; index < this.#options.count; index += 1) this.#begin();
  }

  /** Done when one listens. Fails where the first to tell can't, with the reason. */
  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  /** How many have all that they serve in memory. */
  get ready(): number {
    return this.#loaded.size;
  }

  /** Ids of those that live. */
  get pids(): readonly number[] {
    return [...this.#living].flatMap(({ pid }) => pid ?? []);
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Tells every one what is answered by `applied`; done when all have answered or ended. */
  protected pass(message: (pass: number) => To): Promise<void> {
    this.#counter += 1;
    const pass = this.#counter;
    const waiting = new Set(this.#living);
    if (waiting.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#kill(waiting), this.#options.times.answer);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    this.#passes.set(pass, { waiting, done });
    for (const child of waiting) tell(child, message(pass));
    return promise;
  }

  /** What all counted; of one that does not answer in time, what it told before. */
  async metrics(): Promise<Metrics> {
    this.#counter += 1;
    const request = this.#counter;
    const waiting = new Set([...this.#living].filter((child) => child.connected));
    if (waiting.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#options.times.metrics);
        this.#scrapes.set(request, (child) => {
          waiting.delete(child);
          if (waiting.size > 0) return;
          clearTimeout(timer);
          resolve();
        });
        for (const child of waiting) tell(child, { kind: 'metrics', request });
      });
      this.#scrapes.delete(request);
    }
    return this.#totals.read();
  }

  /** Lets every one finish what is under way and end; one that does not is killed. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    for (const pause of this.#pauses) clearTimeout(pause);
    const living = [...this.#living];
    const ended = living.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of living) tell(child, { kind: 'drain' });
    const timer = setTimeout(() => this.#kill(this.#living), this.#options.times.end);
    await Promise.all(ended);
    clearTimeout(timer);
  }

  #begin(): void {
    const { program, execArgv = [], descriptors, what, log } = this.#options;
    let child: ChildProcess;
    try {
      child = fork(program, [], {
        execArgv: [...execArgv],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
      });
    } catch (error) {
      log.error({ event: `${what}_not_started`, err: error });
      this.#beginAgain(0);
      return;
    }
    const born = performance.now();
    const exited = (reason: string | number) => this.#exited(child, performance.now() - born, reason);
    this.#living.add(child);
    child.on('message', (message: Told | FromProcess<Metrics>) => this.#receive(child, message));
    child.on('error', (error) => {
      log.error({ event: `${what}_unreachable`, err: error });
      if (child.pid === undefined) exited('not started');
    });
    child.on('exit', (code, signal) => exited(signal ?? code ?? 'unknown'));
    tell(child, this.#options.begin());
  }

  #exited(child: ChildProcess, life: number, reason: string | number): void {
    if (!this.#living.delete(child)) return;
    this.#loaded.delete(child);
    this.#totals.end(child);
    for (const pass of this.#passes.keys()) this.#applied(child, pass);
    for (const answered of this.#scrapes.values()) answered(child);
    if (this.#closing) return;
    this.#restarts += 1;
    this.#options.log.error({ event: `${this.#options.what}_exited`, pid: child.pid, reason });
    this.#beginAgain(life);
  }

  /** At once after a long life, else after a pause that grows. */
  #beginAgain(life: number): void {
    const { shortLife, pause: most } = this.#options.times;
    this.#shortLives = life < shortLife ? this.#shortLives + 1 : 0;
    const pause = this.#shortLives < 2 ? 0 : Math.min(most, 100 * 2 ** this.#shortLives);
    const timer = setTimeout(() => {
      this.#pauses.delete(timer);
      this.#begin();
    }, pause);
    this.#pauses.add(timer);
  }

  #receive(child: ChildProcess, told: Told | FromProcess<Metrics>): void {
    const message = told as FromProcess<Metrics>;
    switch (message.kind) {
      case 'listening':
        this.#listening.resolve();
        break;
      case 'failed':
        child.kill('SIGKILL');
        this.#listening.reject(new ProcessesError(this.#options.what, message.code));
        break;
      case 'loaded':
        this.#loaded.add(child);
        break;
      case 'applied':
        this.#applied(child, message.pass);
        break;
      case 'metrics':
        this.#totals.see(child, message.metrics);
        this.#scrapes.get(message.request)?.(child);
        break;
      default:
        this.#options.hear?.(told as Told, (answer) => tell(child, answer));
    }
  }

  #applied(child: ChildProcess, pass: number): void {
    const pending = this.#passes.get(pass);
    pending?.waiting.delete(child);
    if (pending?.waiting.size !== 0) return;
    this.#passes.delete(pass);
    pending.done();
  }

  #kill(silent: Iterable<ChildProcess>): void {
    for (const child of silent) {
      this.#options.log.error({ event: `${this.#options.what}_silent`, pid: child.pid });
      child.kill('SIGKILL');
    }
  }
}

/** The processes can't serve. */
class ProcessesError extends Error {
  readonly code: string;

  constructor(what: string, code: string) {
    super(`No ${what.replaceAll('_', ' ')} can serve (${code})`);
    this.code = code;
  }
}

function tell(child: ChildProcess, message: object): void {
  // One that ends meanwhile is no error of the message.
  if (child.connected) child.send(message, () => {});
}
