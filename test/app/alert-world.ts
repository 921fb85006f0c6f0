import { join } from 'node:path';
import pino from 'pino';
import type { Test } from 'tap';
import type { Alert } from '../../src/alerts/alert.ts';
import type { Channel, TellOutcome } from '../../src/alerts/channel.ts';
import type { AlertMessage } from '../../src/alerts/message.ts';
import { AlertJob } from '../../src/app/operations/alert-job.ts';
import { AlertFile } from '../../src/store/files/alert-file.ts';
import { OnDemand } from '../../src/store/files/on-demand.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** What fails, and somebody who hears of it. */
export class World {
  isDown = false;
  isBlind = false;
  isFull = false;
  job: AlertJob;
  readonly #folder: string;
  readonly #failing = new Map<string, Alert>();
  #heard: string[][] = [];
  #now = Date.UTC(2027, 0, 1);

  constructor(t: Test) {
    this.#folder = join(temporaryFolder(t), 'state');
    this.job = this.#open();
    t.teardown(() => this.job.close());
  }

  fail(...subjects: readonly string[]): void {
    for (const subject of subjects) {
      const rest = { severity: 'warning', since: this.#now, why: 'for a test', remedy: '' } as const;
      this.#failing.set(subject, { kind: 'certificate-not-renewed', subject, ...rest });
    }
  }

  mend(...subjects: readonly string[]): void {
    for (const subject of subjects) this.#failing.delete(subject);
  }

  async pass(milliseconds = 0): Promise<void> {
    this.#now += milliseconds;
    await this.job.pass();
  }

  async restart(): Promise<void> {
    await this.job.close();
    this.job = this.#open();
  }

  /** The messages since this was last asked. */
  said(): string[][] {
    return this.#heard.splice(0);
  }

  #open(): AlertJob {
    const channel: Channel = { name: 'webhook', tell: async (message) => this.#hear(message) };
    return new AlertJob({
      sources: [() => this.#current()],
      channels: [channel],
      openStore: () => {
        const store = new AlertFile(new OnDemand(this.#folder));
        const keep: typeof store.keep = (name, told) => {
          if (this.isFull) throw new Error('database or disk is full');
          store.keep(name, told);
        };
        return { told: (name) => store.told(name), keep, close: () => store.close() };
      },
      serviceName: 'sts.example.net',
      log: pino({ level: 'silent' }),
      now: () => this.#now,
    });
  }

  #current(): Iterable<Alert> {
    if (this.isBlind) throw new Error('no such state file');
    return this.#failing.values();
  }

  #hear({ alerts }: AlertMessage): TellOutcome {
    this.#heard.push(alerts.map(({ state, subject }) => `${state} ${subject}`));
    return this.isDown ? { outcome: 'failed', why: 'out of order' } : { outcome: 'told' };
  }
}
