import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, type Probe } from './eventually.ts';
import { PROGRAM_FOLDERS } from './packages.ts';

const GRACE_MILLISECONDS = 3000;
const LONGEST_RUN_MILLISECONDS = 30_000;
const LINES_IN_ERRORS = 15;

export interface ProgramOptions {
  /** The whole environment beside PATH, HOME and LANG: the tester's own proxies and CA files stay out. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function start(command: readonly string[], { env, cwd }: ProgramOptions): ChildProcess {
  const [file = '', ...args] = command;
  return spawn(file, args, {
    cwd: cwd ?? '/',
    env: { PATH: PROGRAM_FOLDERS.join(':'), HOME: '/nonexistent', LANG: 'C.UTF-8', ...env },
    // A process group of its own, so that what the program starts ends with it.
    detached: true,
  });
}

/**
 * Runs a program to its end, 30 seconds at most. Rejects if it cannot be started or takes longer; a bad exit code is
 * part of the outcome.
 */
export function runToEnd(command: readonly string[], options: ProgramOptions, input = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = start(command, options);
    const late = setTimeout(() => {
      signalGroup(child.pid, 'SIGKILL');
      reject(new Error(`${command.join(' ')} took longer than ${LONGEST_RUN_MILLISECONDS} ms`));
    }, LONGEST_RUN_MILLISECONDS);
    const texts = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      texts.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      texts.stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(late);
      resolve({ code: code ?? -1, ...texts });
    });
    // A program may end without having read its input: its exit code tells what that means.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** Signals go to the group -pid: without a pid, they would reach the tests themselves. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended, and the news is still on its way.
  }
}

/** A program that runs until it is stopped. */
export class Program {
  readonly name: string;
  /** Of the process, and of the group of all that it starts; undefined if it could not be started. */
  readonly pid: number | undefined;
  /** What it has printed so far, on stdout and stderr. */
  readonly lines: string[] = [];
  readonly #ended: Promise<unknown>;
  #end: string | undefined;

  constructor(name: string, command: readonly string[], options: ProgramOptions) {
    this.name = name;
    const child = start(command, options);
    child.stdin?.end();
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on('line', (line) => this.lines.push(line));
    }
    this.#ended = new Promise<void>((resolve) => {
      const end = (how: string) => {
        this.#end ??= how;
        resolve();
      };
      child.on('error', (error) => end(error.message));
      child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    });
    this.pid = child.pid;
  }

  /** How the program ended, undefined as long as it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  /** Waits like `eventually`, but no longer than the program lives. Errors show its last lines. */
  async until<T>(what: string, probe: Probe<T>, seconds?: number): Promise<T> {
    const aliveProbe = () => {
      if (this.#end) throw new Error(`ended with ${this.#end} before ${what}`);
      return probe();
    };
    try {
      return await eventually(what, aliveProbe, seconds);
    } catch (cause) {
      const last = this.lines.slice(-LINES_IN_ERRORS).join('\n');
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${this.name}: ${reason}. Its last lines:\n${last}`, { cause });
    }
  }

  /** The first line that matches, from line number `from` on: one already printed, or one to come. */
  line(pattern: RegExp, from = 0, seconds?: number): Promise<string> {
    return this.until(
      `a line like ${pattern}`,
      () => this.lines.slice(from).find((line) => pattern.test(line)),
      seconds,
    );
  }

  /** Asks it to end, and ends it when it does not listen. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.kill(signal);
    const patience = new AbortController();
    const late = sleep(GRACE_MILLISECONDS, undefined, { signal: patience.signal }).then(
      () => this.kill('SIGKILL'),
      () => {},
    );
    await this.#ended;
    patience.abort();
    await late;
  }

  /** Sends a signal to the program and to what it started. */
  kill(signal: NodeJS.Signals): void {
    if (this.#end === undefined) signalGroup(this.pid, signal);
  }
}
