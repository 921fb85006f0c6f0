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

// Megabytes for what is made and dropped. A query leaves nothing behind, and with more of it, reading a large zone takes
// a quarter more memory for good.
const YOUNG = ['--max-semi-space-size=2'];

const PROGRAM = fileURLToPath(new URL('dns-process.ts', import.meta.url));

/**
 * The processes that answer DNS, apart from those that serve policies: what is done to one kind must not be felt by
 * the other.
 */
export class DnsProcesses extends Processes<ToDns, never, DnsMetrics> {
  readonly #listeners: Listeners;

  constructor({ count, listeners, settings, log, times }: DnsProcessesOptions) {
    const { addresses: udp, descriptors } = listeners;
    const tcp = descriptors.map((_, index) => FIRST_DESCRIPTOR + index);
    super({
      what: 'dns_process',
      count,
      program: PROGRAM,
      execArgv: YOUNG,
      descriptors,
      begin: () => ({ kind: 'begin', settings: { ...settings, udp, tcp } }),
      sum: DNS_SUM,
      log,
      times: { ...PROCESSES_TIMES, ...times, end: settings.times.drain + (times?.end ?? END) },
    });
    this.#listeners = listeners;
    this.start();
  }

  /** Lets every process answer so; done when none answers anything older. */
  apply(change: ZoneChange): Promise<void> {
    return this.pass((pass) => ({ kind: 'apply', pass, change }));
  }

  override async close(): Promise<void> {
    this.#listeners.close();
    await super.close();
  }
}
