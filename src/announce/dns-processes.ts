import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { ZoneChange } from '../dns/record-set.ts';
import type { Listeners } from '../edge/listeners.ts';
import { FIRST_DESCRIPTOR, PROCESSES_TIMES, Processes, type ProcessesTimes } from '../edge/processes.ts';
import { DNS_SUM, type DnsMetrics, type DnsSettings, type ToDns } from './dns-messages.ts';

export interface DnsProcessesOptions {
  readonly count: number;
  /** TCP; over UDP the processes listen at the same addresses by themselves. */
  readonly listeners: Listeners;
  readonly settings: Omit<DnsSettings, 'udp' | 'tcp'>;
  readonly log: Logger;
  /** `end` is what a process may take above its own time to end. */
  readonly times?: Partial<ProcessesTimes>;
}

// Milliseconds.
const END = 1_000;

const PROGRAM = fileURLToPath(new URL('dns-process.ts', import.meta.url));

/**
 * The processes that answer DNS, apart from those that serve policies: what is done to one kind must not be felt by
 * the other.
 */
export class DnsProcesses {
  readonly #listeners: Listeners;
  readonly #processes: Processes<ToDns, never, DnsMetrics>;

  constructor({ count, listeners, settings, log, times }: DnsProcessesOptions) {
    this.#listeners = listeners;
    const { addresses: udp, descriptors } = listeners;
    const tcp = descriptors.map((_, index) => FIRST_DESCRIPTOR + index);
    this.#processes = new Processes({
      what: 'dns_process',
      count,
      program: PROGRAM,
      descriptors,
      begin: () => ({ kind: 'begin', settings: { ...settings, udp, tcp } }),
      sum: DNS_SUM,
      log,
      times: { ...PROCESSES_TIMES, ...times, end: settings.times.drain + (times?.end ?? END) },
    });
    this.#processes.start();
  }

  /** Done when one listens. Fails where the first to tell can't, with the reason. */
  get listening(): Promise<void> {
    return this.#processes.listening;
  }

  /** How many answer. */
  get ready(): number {
    return this.#processes.ready;
  }

  get pids(): readonly number[] {
    return this.#processes.pids;
  }

  get restarts(): number {
    return this.#processes.restarts;
  }

  /** Lets every process answer so; done when none answers anything older. */
  apply(change: ZoneChange): Promise<void> {
    return this.#processes.pass((pass) => ({ kind: 'apply', pass, change }));
  }

  metrics(): Promise<DnsMetrics> {
    return this.#processes.metrics();
  }

  async close(): Promise<void> {
    this.#listeners.close();
    await this.#processes.close();
  }
}
