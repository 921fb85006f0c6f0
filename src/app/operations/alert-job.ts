import { setImmediate as breathe } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Alert, AlertSource } from '../../alerts/alert.ts';
import type { AlertStore } from '../../alerts/alert-store.ts';
import type { Channel } from '../../alerts/channel.ts';
import { alertMessage } from '../../alerts/message.ts';
import { newsOf, type Told, toldAfter } from '../../alerts/telling.ts';

export interface AlertJobOptions {
  readonly sources: readonly AlertSource[];
  readonly channels: readonly Channel[];
  /** Throws where the state file can't be read. */
  openStore(): AlertStore;
  /** In every message. */
  readonly serviceName: string;
  readonly log: Logger;
  now(): number;
}

/** What was told, for the metrics. */
export interface AlertCounts {
  /** Alerts that last, by kind. */
  readonly lasting: ReadonlyMap<Alert['kind'], number>;
  readonly messages: readonly {
    readonly channel: string;
    readonly outcome: string;
    readonly count: number;
  }[];
}

const MINUTE = 60_000;

/** Milliseconds. */
const TIMES = {
  /** How often it is looked what there is to tell. */
  tick: 2_000,
  /** Between two messages, so that what fails within this time is told of at once. */
  gather: 15 * MINUTE,
  /** Before a message that was not taken is told again, with what is to be told by then; the last one repeats. */
  retries: [MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE],
};

// However much is wrong, a pass is followed by so many times its length without one.
const IDLE = 20;

// Alerts that are collected in one go, before others get their turn.
const BATCH = 1_000;

/** One channel, and how it is doing. */
interface Line {
  readonly channel: Channel;
  told: readonly Told[] | undefined;
  /** Whether the state file lacks what was told. */
  isUnsaved: boolean;
  toldAt: number;
  failures: number;
  /** Nothing is told before. */
  until: number;
  why: string;
  readonly counts: Map<string, number>;
}

/** Tells each channel what there is to tell: collects, decides, tells, and remembers what was told. */
export class AlertJob {
  readonly #options: AlertJobOptions;
  readonly #lines: readonly Line[];
  readonly #ending = new AbortController();
  #store: AlertStore | undefined;
  #lasting: ReadonlyMap<Alert['kind'], number> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<void> = Promise.resolve();
  #failure: string | undefined;

  constructor(options: AlertJobOptions) {
    this.#options = options;
    this.#lines = options.channels.map((channel) => ({
      channel,
      told: undefined,
      isUnsaved: false,
      toldAt: Number.NEGATIVE_INFINITY,
      failures: 0,
      until: Number.NEGATIVE_INFINITY,
      why: '',
      counts: new Map(),
    }));
  }

  start(pause = TIMES.tick): void {
    this.#timer = setTimeout(() => {
      const began = performance.now();
      this.#pass = this.pass().then(() => {
        if (this.#ending.signal.aborted) return;
        this.start(Math.max(TIMES.tick, IDLE * (performance.now() - began)));
      });
    }, pause);
  }

  async close(): Promise<void> {
    this.#ending.abort(new Error('Postseal ends'));
    clearTimeout(this.#timer);
    await this.#pass;
    this.#store?.close();
  }

  /** Which channels take nothing, in words. */
  problems(): string[] {
    return this.#lines.flatMap(({ channel, why }) =>
      why === '' ? [] : [`Alerts can't be told by ${channel.name}: ${why}`],
    );
  }

  counts(): AlertCounts {
    const messages = this.#lines.flatMap(({ channel, counts }) =>
      [...counts].map(([outcome, count]) => ({ channel: channel.name, outcome, count })),
    );
    return { lasting: this.#lasting, messages };
  }

  /** One look at everything. Never fails: what can't be done now is done by a later one. */
  async pass(): Promise<void> {
    try {
      const current = await this.#collect();
      this.#lasting = countKinds(current);
      this.#load();
      const telling = await Promise.allSettled(this.#lines.map((line) => this.#tell(line, current)));
      for (const told of telling) if (told.status === 'rejected') throw told.reason;
      this.#save();
      this.#failure = undefined;
    } catch (error) {
      if (!this.#ending.signal.aborted) this.#complain(error);
    }
  }

  async #collect(): Promise<Alert[]> {
    const current: Alert[] = [];
    for (const source of this.#options.sources) {
      for (const alert of source(this.#options.now())) {
        current.push(alert);
        if (current.length % BATCH === 0) await breathe();
      }
    }
    return current;
  }

  async #tell(line: Line, current: readonly Alert[]): Promise<void> {
    const { serviceName, log, now } = this.#options;
    const at = now();
    const told = line.told ?? [];
    const news = newsOf(current, told, at);
    if (news.length === 0 || isEarly(line, at)) return;
    const outcome = await line.channel.tell(alertMessage(news, serviceName, at), this.#ending.signal);
    if (outcome.outcome === 'told') {
      line.told = toldAfter(current, told, news, at);
      Object.assign(line, { isUnsaved: true, toldAt: at, failures: 0, until: at, why: '' });
      this.#saveNow();
    } else {
      const pause = TIMES.retries[Math.min(line.failures, TIMES.retries.length - 1)] ?? MINUTE;
      Object.assign(line, { failures: line.failures + 1, until: at + pause, why: outcome.why });
      log.error({ event: 'alerts_not_taken', channel: line.channel.name, why: outcome.why });
    }
    line.counts.set(outcome.outcome, (line.counts.get(outcome.outcome) ?? 0) + 1);
  }

  /** What was told before a restart. */
  #load(): void {
    if (this.#lines.every(({ told }) => told !== undefined)) return;
    this.#store ??= this.#options.openStore();
    for (const line of this.#lines) line.told ??= this.#store.told(line.channel.name);
  }

  /** At once, so that a crash repeats little. */
  #saveNow(): void {
    try {
      this.#save();
    } catch (error) {
      this.#complain(error);
    }
  }

  #save(): void {
    const unsaved = this.#lines.filter(({ isUnsaved }) => isUnsaved);
    if (unsaved.length === 0) return;
    try {
      this.#store ??= this.#options.openStore();
      for (const line of unsaved) {
        this.#store.keep(line.channel.name, line.told ?? []);
        line.isUnsaved = false;
      }
    } catch (error) {
      // A file that could be opened for reading only is to be opened anew.
      this.#store?.close();
      this.#store = undefined;
      throw error;
    }
  }

  /** Once: every few seconds the same would fill the log. */
  #complain(error: unknown): void {
    if (this.#failure !== String(error)) this.#options.log.error({ event: 'alerts_not_told', err: error });
    this.#failure = String(error);
  }
}

/** A clock that was set back must not silence a channel. */
function isEarly({ until, toldAt }: Line, now: number): boolean {
  const isGathering = now >= toldAt && now < toldAt + TIMES.gather;
  const isPausing = now < until && until <= now + 60 * MINUTE;
  return isGathering || isPausing;
}

function countKinds(alerts: readonly Alert[]): ReadonlyMap<Alert['kind'], number> {
  const counts = new Map<Alert['kind'], number>();
  for (const { kind } of alerts) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
