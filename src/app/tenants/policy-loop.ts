import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ANYTHING, FolderWatch, type Hint } from '../../store/files/folder-watch.ts';
import { type PassFailure, passFailure } from './pass-failure.ts';
import type { PassResult, PolicyJob } from './policy-job.ts';

export interface PolicyLoopOptions {
  readonly job: PolicyJob;
  /** The folder of the tenant documents. */
  readonly folder: string;
  readonly log: Logger;
  readonly times?: Partial<PolicyLoopTimes>;
}

/** Milliseconds. */
export interface PolicyLoopTimes {
  /** A burst has settled when nothing was heard for so long. */
  readonly quiet: number;
  /** A burst that does not settle is looked at anyway. */
  readonly patience: number;
  /** Notifications are hints only: the whole folder is looked at this often. */
  readonly rescan: number;
  /** The same where there are no notifications. */
  readonly blind: number;
  /** After a great burst the kernel may have dropped what it had to tell, so that one more look is due soon. */
  readonly afterBurst: number;
  /** The pause after a pass that failed. */
  readonly retry: number;
  /** The least pause before documents that were being written are looked at again, so that several are done at once. */
  readonly unsettled: number;
  /** How long the start waits for documents that are being written. */
  readonly startPatience: number;
}

const TIMES: PolicyLoopTimes = {
  quiet: 25,
  patience: 2_000,
  rescan: 60_000,
  blind: 5_000,
  afterBurst: 1_000,
  retry: 5_000,
  unsettled: 100,
  startPatience: 3_000,
};

// Hints; more of them are cheaper followed by one look at the folder, and the kernel may have dropped others.
const MANY = 1_000;

const ENDING = { message: 'The server is ending', remedy: 'Try again when it is back' };

/** Documents could not be brought to the edge just now. */
export class PassFailedError extends Error {
  readonly remedy: string;

  constructor({ message, remedy }: PassFailure) {
    super(message);
    this.remedy = remedy;
  }
}

/** Runs the policy job at start, when the file system tells of a change, and once a minute; one pass at a time. */
export class PolicyLoop {
  readonly #options: PolicyLoopOptions;
  readonly #times: PolicyLoopTimes;
  readonly #watch: FolderWatch;
  readonly #ending = new AbortController();
  #files = new Set<Hint>();
  #hints = 0;
  #heardFirst: number | undefined;
  #lastScan = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #failure: string | undefined;
  #problem: PassFailure | undefined;
  #hasRead = false;
  #isUnsettled = false;
  #watchProblem: string | undefined;

  constructor(options: PolicyLoopOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#watch = new FolderWatch(options.folder, (hint) => this.#heard(hint));
  }

  /** Why the last pass could not be done; undefined where it was. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Whether all documents were looked at once. */
  get hasRead(): boolean {
    return this.#hasRead;
  }

  /** Does the first pass over the whole folder, and some more where documents are being written just then. */
  async start(): Promise<void> {
    await this.#run();
    const { startPatience, unsettled } = this.#times;
    const until = performance.now() + startPatience;
    while (this.#isUnsettled && !this.#ending.signal.aborted && performance.now() < until)
      await sleep(unsettled);
  }

  /**
   * Looks at these files now, or right after the pass that is under way; what many ask for meanwhile is one pass.
   * Done when every worker serves what came of it. Throws a {@link PassFailedError} where that could not be.
   */
  async look(files: readonly string[]): Promise<void> {
    for (const file of files) this.#files.add(file);
    await this.#running;
    if (this.#ending.signal.aborted) throw new PassFailedError(ENDING);
    await this.#run();
    if (this.#problem !== undefined) throw new PassFailedError(this.#problem);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    this.#watch.close();
    await this.#running;
  }

  #heard(hint: Hint): void {
    this.#files.add(hint);
    this.#hints += 1;
    const now = performance.now();
    this.#heardFirst ??= now;
    const { quiet, patience } = this.#times;
    this.#after(Math.max(0, Math.min(quiet, this.#heardFirst + patience - now)));
  }

  #after(pause: number): void {
    clearTimeout(this.#timer);
    if (!this.#ending.signal.aborted) this.#timer = setTimeout(() => void this.#run(), pause);
  }

  #run(): Promise<void> {
    // What is heard during a pass is done by the next one, which the end of this one starts.
    this.#running ??= this.#pass().then((pause) => {
      this.#running = undefined;
      this.#after(pause);
    });
    return this.#running;
  }

  /** @returns how long to wait for the next pass, in milliseconds. */
  async #pass(): Promise<number> {
    const began = performance.now();
    const isBurst = this.#hints > MANY;
    try {
      const files = this.#takeFiles(began);
      const result = await this.#options.job.pass(files, this.#ending.signal);
      if (files === 'all') {
        this.#lastScan = began;
        this.#hasRead = true;
      }
      this.#succeeded(files, result, performance.now() - began);
      return this.#pause(result, isBurst);
    } catch (error) {
      this.#failed(error);
      return this.#times.retry;
    }
  }

  #pause({ changing, wait }: PassResult, isBurst: boolean): number {
    const { quiet, unsettled, afterBurst } = this.#times;
    this.#isUnsettled = changing.length > 0;
    const isHeard = this.#files.size > 0;
    for (const file of changing) this.#files.add(file);
    if (isHeard) return quiet;
    const pause = changing.length > 0 ? Math.max(unsettled, wait) : this.#rescan;
    if (!isBurst) return pause;
    this.#lastScan = Number.NEGATIVE_INFINITY;
    return Math.min(pause, afterBurst);
  }

  get #rescan(): number {
    return this.#watchProblem === undefined ? this.#times.rescan : this.#times.blind;
  }

  #takeFiles(now: number): ReadonlySet<string> | 'all' {
    const files = this.#files;
    const isMany = files.size > MANY || this.#hints > MANY;
    this.#files = new Set();
    this.#hints = 0;
    this.#heardFirst = undefined;
    // Watched before it is read, so that no change falls between the two.
    const isNew = this.#watch.renew();
    this.#tellWatch();
    const isDue = now - this.#lastScan >= this.#rescan;
    return isNew || isDue || isMany || files.size === 0 || files.has(ANYTHING) ? 'all' : files;
  }

  #tellWatch(): void {
    const { problem } = this.#watch;
    if (problem === this.#watchProblem) return;
    this.#watchProblem = problem;
    if (problem === undefined) return;
    const message = `The folder can't be watched (${problem}): changes are noticed a little later`;
    this.#options.log.warn({ event: 'folder_not_watched', code: problem }, message);
  }

  #succeeded(files: ReadonlySet<string> | 'all', result: PassResult, milliseconds: number): void {
    const { log } = this.#options;
    const { revised, left, changing } = result;
    if (this.#failure !== undefined) log.info({ event: 'policies_fresh' });
    this.#failure = undefined;
    this.#problem = undefined;
    const level = revised + left > 0 ? 'info' : 'debug';
    const looked = files === 'all' ? 'all' : files.size;
    log[level]({
      event: 'policies_read',
      files: looked,
      revised,
      left,
      changing: changing.length,
      milliseconds,
    });
  }

  #failed(error: unknown): void {
    this.#problem = passFailure(error, this.#options.folder);
    const { message, remedy } = this.#problem;
    const failure = `${message}: the last good policies are served. ${remedy}.`;
    // What was to be looked at is found again by a look at everything.
    this.#lastScan = Number.NEGATIVE_INFINITY;
    if (failure === this.#failure) return;
    this.#failure = failure;
    this.#options.log.error({ event: 'policies_not_read', err: error }, failure);
  }
}
