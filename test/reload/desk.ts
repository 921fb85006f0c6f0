import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Happening } from '../../src/access/happening.ts';
import { ledgerClock } from '../../src/app/tenants/ledger-clock.ts';
import { type PassResult, PolicyJob } from '../../src/app/tenants/policy-job.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { DocumentFolder } from '../../src/store/files/document-folder.ts';
import { PolicyTexts } from '../../src/store/files/policy-texts.ts';
import { openState } from '../../src/store/files/state-file.ts';
import type { TenantStore } from '../../src/tenant/store.ts';
import type { LogLine } from '../server/server.ts';

// A file system in memory, where there is one: thousands of small transactions are each synced.
const MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * A policy job over a real folder and a real state file, with a worker that is only a map and with clocks that a
 * test can move: what takes the server a week takes a line here.
 */
export class Desk {
  readonly path = mkdtempSync(join(MEMORY, 'postseal-desk-'));
  readonly policies = join(this.path, 'policies');
  readonly state = join(this.path, 'state');
  /** What a worker serves, by domain. */
  readonly served = new Map<string, string>();
  readonly told: Happening[] = [];
  readonly log: LogLine[] = [];
  readonly logger = pino({ level: 'debug' }, { write: (line: string) => this.log.push(JSON.parse(line)) });
  /** Milliseconds by which each clock is ahead of the machine's. */
  readonly ahead = { wall: 0, uptime: 0 };
  store!: TenantStore;
  job!: PolicyJob;

  constructor() {
    mkdirSync(this.policies);
    this.restart();
  }

  /** As after a crash: nothing of the old job is used any more but what it recorded. */
  restart(): void {
    this.store?.close();
    this.store = openState(this.state);
    this.job = new PolicyJob({
      folder: new DocumentFolder(this.policies, { now: this.now, uptime: this.uptime }),
      store: this.store,
      serve: (domains) => this.serve(domains),
      tell: (happenings) => this.told.push(...happenings),
      log: this.logger,
      now: this.now,
      ledgerNow: ledgerClock(this.now, this.uptime),
    });
    void this.serve([...this.store.announceable()].map(({ domain }) => domain));
  }

  readonly now = (): number => Math.round(Date.now() + this.ahead.wall);
  readonly uptime = (): number => performance.now() + this.ahead.uptime;

  /** Reads as a worker does. */
  async serve(domains: readonly Hostname[]): Promise<void> {
    const texts = new PolicyTexts(this.state);
    for (const domain of domains) {
      const text = texts.get(domain);
      if (text === undefined) this.served.delete(domain);
      else this.served.set(domain, text);
    }
    texts.close();
  }

  /** Lets time go by on every clock. */
  pass(milliseconds: number): void {
    this.ahead.wall += milliseconds;
    this.ahead.uptime += milliseconds;
  }

  look(files: ReadonlySet<string> | 'all' = 'all'): Promise<PassResult> {
    return this.job.pass(files, new AbortController().signal);
  }

  /** Looks until nothing is unsettled, the waiting times going by at once. */
  async settle(): Promise<PassResult> {
    let result = await this.look();
    for (let tries = 0; result.changing.length > 0 && tries < 5; tries += 1) {
      // File times come from the machine's clock, so that the wall clock stays.
      this.ahead.uptime += result.wait;
      result = await this.look();
    }
    return result;
  }

  file(name: string): string {
    return join(this.policies, name);
  }

  /** Writes a document in place. */
  write(name: string, text: string): void {
    writeFileSync(this.file(name), text);
  }

  /** Writes one that was left alone for an hour. */
  writeOld(name: string, text: string): void {
    this.write(name, text);
    const hourAgo = new Date(Date.now() - 3_600_000);
    utimesSync(this.file(name), hourAgo, hourAgo);
  }

  /** The flaws recorded of a document. */
  flaws(file: string): readonly string[] {
    return this.store.entry(file)?.flaws.map(({ message }) => message) ?? [];
  }

  logged(event: string): LogLine[] {
    return this.log.filter((line) => line.event === event);
  }

  remove(): void {
    this.store.close();
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A document as most people write it, with the mx list last. */
export function documentOf(
  domain: string,
  mx: readonly string[],
  { mode = 'enforce', maxAge = 604800 } = {},
): string {
  const items = mx.map((host) => `    - ${host}\n`).join('');
  const list = mx.length === 0 ? '' : `  mx:\n${items}`;
  return `domain: ${domain}\npolicy:\n  mode: ${mode}\n  max_age: ${maxAge}\n${list}`;
}

/** The text that is served for such a document. */
export function textOf(mx: readonly string[], { mode = 'enforce', maxAge = 604800 } = {}): string {
  const lines = ['version: STSv1', `mode: ${mode}`, ...mx.map((host) => `mx: ${host}`), `max_age: ${maxAge}`];
  return `${lines.join('\r\n')}\r\n`;
}
