import type { Logger } from 'pino';
import type { Hostname } from '../../names/hostname.ts';
import { afterFault } from '../../tenant/announcing.ts';
import { type Course, type Publication, publicationOf } from '../../tenant/publication.ts';
import type { PublicationStore } from '../../tenant/publication-store.ts';
import type { PublicationSteps } from './publication-steps.ts';

export interface PublicationJobOptions {
  readonly store: PublicationStore;
  readonly steps: PublicationSteps;
  readonly listener: PublicationListener;
  readonly log: Logger;
  now(): number;
}

/** Told of each publication that moved, or waits for something else than before. */
export type PublicationListener = (domain: Hostname, publication: Publication) => void;

/** Milliseconds. */
const TIMES = {
  /** How often it is looked whether somebody woke: revisions are recorded by others. */
  tick: 500,
  /** The pause after the state file could not be used. */
  fault: 10_000,
};

// Steps at once: most of their time they wait for somebody's answer.
const MOST_STEPS = 32;

/** Brings every tenant's newest revision to its senders: one step at a time for each, so many tenants at once. */
export class PublicationJob {
  readonly #options: PublicationJobOptions;
  readonly #running = new Map<Hostname, Promise<void>>();
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #failure: string | undefined;
  /** Nothing is begun before this moment, by a clock that never steps, for the state file can't be used. */
  #pausedUntil = 0;

  constructor(options: PublicationJobOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.store.wakeOthersThan(this.#options.steps.wanted);
    this.#after(0);
  }

  /** Gives up what is under way; it is done again after the next start. */
  async close(): Promise<void> {
    this.#ending.abort(new Error('Postseal ends'));
    clearTimeout(this.#timer);
    await Promise.all(this.#running.values());
  }

  /** Lets these take their next step at once. */
  wake(domains: readonly Hostname[]): void {
    try {
      this.#options.store.wake(domains);
    } catch (error) {
      // They wake by themselves, a little later.
      this.#fail(error);
    }
    this.#after(0);
  }

  /** Why publications can't go on at all; undefined where they can. */
  get failure(): string | undefined {
    return this.#failure;
  }

  #after(pause: number): void {
    clearTimeout(this.#timer);
    if (this.#ending.signal.aborted) return;
    const least = Math.max(pause, this.#pausedUntil - performance.now());
    this.#timer = setTimeout(() => this.#tick(), least);
  }

  #tick(): void {
    try {
      if (this.#begin() === 0 && this.#running.size === 0) this.#failure = undefined;
      this.#after(TIMES.tick);
    } catch (error) {
      this.#fail(error);
      this.#after(0);
    }
  }

  /** @returns how many steps it began. */
  #begin(): number {
    const { store, now } = this.#options;
    const room = MOST_STEPS - this.#running.size;
    if (room <= 0) return 0;
    const wake = store.nextWake();
    if (wake === undefined || wake > now()) return 0;
    const awake = store.awake(now(), MOST_STEPS + this.#running.size);
    const idle = awake.filter(({ domain }) => !this.#running.has(domain)).slice(0, room);
    for (const { domain } of idle) this.#running.set(domain, this.#take(domain));
    return idle.length;
  }

  async #take(domain: Hostname): Promise<void> {
    const { store, steps } = this.#options;
    try {
      const before = store.get(domain);
      await steps.take({ domain }, this.#ending.signal).catch((error: unknown) => this.#fault(domain, error));
      this.#tell(domain, before, store.get(domain));
      this.#failure = undefined;
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#running.delete(domain);
      this.#after(0);
    }
  }

  /** A fault of ours in one tenant's step is that tenant's alone. */
  #fault(domain: Hostname, error: unknown): void {
    if (this.#ending.signal.aborted) return;
    const { store, log, now } = this.#options;
    const course = store.get(domain);
    const after = (newest: Course) => afterFault(newest, 'Internal error: see the log', now());
    // Where this can't be noted either, the fault is the state file's, which is told once for all.
    if (course !== undefined) store.change(domain, course.number, after);
    log.error({ event: 'publication_step_failed', domain, err: error });
  }

  #fail(error: unknown): void {
    const { log } = this.#options;
    if (this.#failure === undefined) log.error({ event: 'publications_not_kept', err: error });
    this.#failure = "The state file can't be used: no id is announced";
    // Steps that can't be noted would be taken again at once, and so for ever.
    this.#pausedUntil = performance.now() + TIMES.fault;
  }

  #tell(domain: Hostname, before: Publication | undefined, after: Course | undefined): void {
    if (after === undefined) return;
    const isSame = before?.number === after.number && before.stage === after.stage;
    if (isSame && before.waiting?.why === after.waiting?.why) return;
    const { number, id, stage, waiting } = after;
    const { log } = this.#options;
    const level = waiting?.remedy === undefined ? 'info' : 'warn';
    log[level]({
      event: 'publication',
      domain,
      number,
      id,
      stage,
      why: waiting?.why,
      remedy: waiting?.remedy,
    });
    this.#options.listener(domain, publicationOf(after));
  }
}
