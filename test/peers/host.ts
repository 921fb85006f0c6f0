import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Outcome, Program, type ProgramOptions, runToEnd } from './program.ts';

export interface HostOptions {
  readonly name: string;
  /** The command that another one is put behind to run there; empty for the machine itself. */
  readonly enter: readonly string[];
  /** An existing folder for its programs' files. */
  readonly folder: string;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

/** A host of a test network: programs that run in it see its addresses, its DNS and its ports only. */
export class Host {
  readonly name: string;
  /** IPv4 addresses, then IPv6 addresses, both in the order of the host's numbers. */
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** The command that another one is put behind to run there. */
  readonly enter: readonly string[];
  readonly #folder: string;
  readonly #programs: Program[] = [];

  constructor({ name, enter, folder, ipv4, ipv6 }: HostOptions) {
    this.name = name;
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
    this.#folder = folder;
    this.enter = enter;
  }

  /** The first IPv4 address. */
  get address(): string {
    return this.ipv4[0] ?? '';
  }

  /** A folder for a program's files, made when first asked for; it goes with the network. */
  async folder(name: string): Promise<string> {
    const path = join(this.#folder, name);
    await mkdir(path, { mode: 0o755, recursive: true });
    return path;
  }

  /** Starts a program that runs until it is stopped, at the latest when the network is closed. */
  spawn(command: string, args: readonly string[], options: ProgramOptions = {}): Program {
    const program = new Program(`${command} on ${this.name}`, [...this.enter, command, ...args], options);
    this.#programs.push(program);
    return program;
  }

  /** Runs a program to its end and tells how it went. */
  attempt(
    command: string,
    args: readonly string[],
    options: ProgramOptions & { input?: string } = {},
  ): Promise<Outcome> {
    return runToEnd([...this.enter, command, ...args], options, options.input);
  }

  /** Runs a program that must succeed, and gives what it printed on stdout. */
  async run(
    command: string,
    args: readonly string[],
    options: ProgramOptions & { input?: string } = {},
  ): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(command, args, options);
    if (code !== 0)
      throw new Error(`${command} on ${this.name} ended with ${code}: ${stderr.trim() || stdout.trim()}`);
    return stdout;
  }

  /** Waits until something listens on a TCP port (of all addresses, or of the one given) while the program lives. */
  async waitForPort(port: number, program: Program, address?: string): Promise<void> {
    const filter = address === undefined ? `sport = :${port}` : `src ${address}:${port}`;
    await program.until(
      `a listener on port ${port}`,
      async () => (await this.run('ss', ['-Hltn', filter])) !== '',
    );
  }

  /** Ends its programs, all at once. */
  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()));
  }

  /** Ends its programs at once, without waiting. */
  kill(): void {
    for (const program of this.#programs) program.kill('SIGKILL');
  }
}
