import type { Logger } from 'pino';
import { ANYTHING, FolderWatch, type Hint } from '../store/files/folder-watch.ts';
import type { PassResult, PolicyJob } from './policy-job.ts';

export interface PolicyLoopOptions {
  readonly job: PolicyJob;
  /** The folder of the tenant documents. */
  readonly folder: string;
  readonly log: Logger;
}

/** Milliseconds. */
const TIMES = {
  /** A burst has settled when nothing was heard for so long. */
  quiet: 25,
  /** A burst that does not settle is looked at anyway. */
  patience: 2_000,
  /** Notifications are hints only: the whole folder is looked at this often. */
  rescan: 60_000,
  /** After a great burst the kernel may have dropped what it had to tell, so that one more look is due soon. */
  afterBurst: 1_000,
  /** The pause after a pass that failed. */
  retry: 5_000,
};

// More files than this are cheaper found by one look at the folder.
const MANY = 1_000;

/** Runs the policy job at start, when the file system tells of a change, and once a minute; one pass at a time. */
export class PolicyLoop {
  readonly #options: PolicyLoopOptions;
  readonly #watch: FolderWatch;
  #files = new Set<Hint>();
  #heardFirst: number | undefined;
  #lastScan = Number.NEGATIVE_INFINITY;
  #burst = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closed = false;
  #failure: string | undefined;

  constructor(options: PolicyLoopOptions) {
    this.#options = options;
    this.#watch = new FolderWatch(options.folder, (hint) => this.#heard(hint));
  }

  /** Why the last pass could not be done; undefined where it was. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Does the first pass over the whole folder. */
  async start(): Promise<void> {
    await this.#run();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watch.close();
    await this.#running;
  }

  #heard(hint: Hint): void {
    this.#files.add(hint);
    const now = performance.now();
    this.#heardFirst ??= now;
    this.#after(Math.max(0, Math.min(TIMES.quiet, this.#heardFirst + TIMES.patience - now)));
  }

  #after(pause: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => void this.#run(), pause);
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
    const files = this.#takeFiles(began);
    try {
      // Watched before it is read, so that no change falls between the two.
      this.#watch.renew();
      const result = await this.#options.job.pass(files);
      if (files === 'all') this.#lastScan = began;
      this.#failure = undefined;
      this.#tell(files, result, performance.now() - began);
      for (const file of result.changing) this.#files.add(file);
    } catch (error) {
      this.#failed(error);
      return TIMES.retry;
    }
    if (this.#files.size > 0) return TIMES.quiet;
    return files === 'all' && this.#burst ? TIMES.afterBurst : TIMES.rescan;
  }

  #takeFiles(now: number): ReadonlySet<string> | 'all' {
    const files = this.#files;
    this.#files = new Set();
    this.#heardFirst = undefined;
    this.#burst = files.size > MANY;
    const due = now - this.#lastScan >= TIMES.rescan;
    return due || files.size === 0 || this.#burst || files.has(ANYTHING) ? 'all' : files;
  }

  #tell(files: ReadonlySet<string> | 'all', { revised, left }: PassResult, milliseconds: number): void {
    const level = revised + left > 0 ? 'info' : 'debug';
    const scope = files === 'all' ? 'all' : files.size;
    this.#options.log[level]({ event: 'policies_read', files: scope, revised, left, milliseconds });
  }

  #failed(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException;
    this.#failure = `The policies can't be brought up to date (${code ?? 'unknown'}): the last good ones are served`;
    this.#lastScan = Number.NEGATIVE_INFINITY;
    this.#options.log.error({ event: 'policies_not_read', err: error }, this.#failure);
  }
}
