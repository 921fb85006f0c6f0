import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Address } from './request.ts';

/** The command line program. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** A line of the server's log. */
export interface LogLine {
  readonly event: string;
  readonly [key: string]: unknown;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

interface Listening {
  readonly https: readonly Address[];
  readonly http: readonly Address[];
  readonly dns: readonly Address[];
  readonly metrics: readonly Address[];
  readonly admin: readonly Address[];
}

/** A folder of its own for a server's policies, certificates and state; it outlives the server. */
export class Home {
  readonly path = mkdtempSync(join(tmpdir(), 'postseal-'));
  readonly policies = join(this.path, 'policies');
  readonly certs = join(this.path, 'certs');
  readonly state = join(this.path, 'state');

  constructor() {
    mkdirSync(this.policies);
    mkdirSync(this.certs);
  }

  /** Writes a tenant document in place. */
  write(domain: string, policy: object, others: object = {}): void {
    writeFileSync(join(this.policies, `${domain}.yaml`), JSON.stringify({ domain, policy, ...others }));
  }

  /** Replaces the certificate file of a policy host. */
  writeCertificate(host: string, pem: string): void {
    const file = join(this.certs, `${host}.pem`);
    writeFileSync(`${file}.new`, pem);
    renameSync(`${file}.new`, file);
  }

  removeCertificate(host: string): void {
    rmSync(join(this.certs, `${host}.pem`));
  }

  /** The root certificate of the local CA. */
  get root(): string {
    return readFileSync(join(this.state, 'local-ca', 'root.pem'), 'utf8');
  }

  /** What `postseal records` prints: the records that are to be in DNS now. */
  async records(...domains: readonly string[]): Promise<readonly DnsRecord[]> {
    const args = [MAIN, 'records', '--json', ...domains];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: this.environment() });
    return (JSON.parse(stdout) as { items: readonly DnsRecord[] }).items;
  }

  /** Takes a tenant's document away. */
  removeDocument(domain: string): void {
    rmSync(join(this.policies, `${domain}.yaml`));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  environment(others: Readonly<Record<string, string>> = {}): Record<string, string | undefined> {
    return {
      PATH: process.env.PATH,
      POSTSEAL_SERVICE_NAME: 'sts.postseal.test',
      POSTSEAL_LISTEN_HTTPS: '127.0.0.1:0',
      POSTSEAL_LISTEN_HTTP: '127.0.0.1:0',
      POSTSEAL_LISTEN_DNS: 'off',
      POSTSEAL_LISTEN_METRICS: '127.0.0.1:0',
      POSTSEAL_LISTEN_ADMIN: '127.0.0.1:0',
      POSTSEAL_STORE_POLICIES: this.policies,
      POSTSEAL_STORE_CERTS: this.certs,
      POSTSEAL_STORE_STATE: this.state,
      ...others,
    };
  }
}

/** A running `postseal serve` on loopback, started as its users start it. */
export class Server {
  readonly log: LogLine[] = [];
  readonly process: ChildProcess;
  readonly #exit: Promise<unknown[]>;

  /** `through` is a command that runs another one in its place, such as `unshare`. */
  constructor(
    home: Home,
    environment: Readonly<Record<string, string>> = {},
    through: readonly string[] = [],
  ) {
    const [command = '', ...args] = [...through, process.execPath, MAIN, 'serve'];
    this.process = spawn(command, args, {
      env: home.environment(environment),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#exit = once(this.process, 'exit');
    const lines = createInterface({ input: this.process.stderr as NodeJS.ReadableStream });
    lines.on('line', (line) => this.log.push(parseLine(line)));
  }

  /** Starts one and waits until it has read all documents. */
  static async start(
    home: Home,
    environment?: Readonly<Record<string, string>>,
    through?: readonly string[],
  ): Promise<Server> {
    const server = new Server(home, environment, through);
    await server.until(() => server.logged('ready').length > 0, 'ready');
    return server;
  }

  logged(event: string): LogLine[] {
    return this.log.filter((line) => line.event === event);
  }

  get listening(): Listening {
    return this.logged('listening')[0] as unknown as Listening;
  }

  get https(): Address {
    return this.listening.https[0] as Address;
  }

  get http(): Address {
    return this.listening.http[0] as Address;
  }

  get dns(): Address {
    return this.listening.dns[0] as Address;
  }

  get metrics(): Address {
    return this.listening.metrics[0] as Address;
  }

  get admin(): Address {
    return this.listening.admin[0] as Address;
  }

  /** Process ids of the workers. */
  get workers(): number[] {
    const pid = this.process.pid;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.trim().split(' ').filter(Boolean).map(Number);
  }

  /** Waits until something holds; fails with the log after 20 seconds, or when the server ended. */
  async until(holds: () => unknown, what: string): Promise<void> {
    for (let tries = 0; tries < 1000; tries += 1) {
      if (await holds()) return;
      if (this.process.exitCode !== null) break;
      await pause(20);
    }
    throw new Error(
      `Waited in vain for: ${what}\n${this.log.map((line) => JSON.stringify(line)).join('\n')}`,
    );
  }

  /** Ends the server by a signal. @returns its exit code, or the signal that ended it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> {
    this.process.kill(signal);
    const [code, by] = await this.#exit;
    return (code ?? by) as number | NodeJS.Signals;
  }
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return { event: 'not-json', line };
  }
}
