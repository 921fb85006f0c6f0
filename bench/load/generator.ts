import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pinned } from '../pin.ts';

export interface Wish {
  readonly port: number;
  /** `close`: a full handshake and one GET per connection; `kept`: HTTP/1.1 kept alive; `h2`: HTTP/2. */
  readonly kind: 'close' | 'kept' | 'h2';
  /** How many tenants are asked for, from the first on. */
  readonly tenants: number;
  /** Processes whose processor time is counted. */
  readonly pids: readonly number[];
  /** Processors that the generator may use. */
  readonly cores: string;
  /** The command that another one is put behind to run where the server is, if that is a network of its own. */
  readonly enter?: readonly string[];
  readonly warmUp: number;
  readonly seconds: number;
  readonly connections?: number;
  readonly streams?: number;
  /** Stop after so many answers instead of `seconds`. */
  readonly answers?: number;
}

/** What one run saw. Times are in seconds, latencies in microseconds. */
export interface Outcome {
  readonly answers: number;
  readonly errors: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly waitedSeconds: number;
  readonly clientSeconds: number;
  readonly suite: number;
  readonly handshakes: number;
  readonly tickets: number;
  readonly reconnects: number;
  readonly p50: number;
  readonly p99: number;
}

export type Load = (wish: Wish) => Promise<Outcome>;

/** Compiles the generator into the folder. Throws with gcc's words where it cannot. */
export function compile(folder: string): Load {
  const program = join(folder, 'load');
  const sources = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.c'));
  mkdirSync(folder, { recursive: true });
  const paths = sources.map((file) => join(import.meta.dirname, file));
  execFileSync('gcc', ['-O2', '-Wall', '-o', program, ...paths, '-lcrypto']);
  return (wish) => run(program, wish);
}

async function run(program: string, wish: Wish): Promise<Outcome> {
  const options = {
    p: wish.port,
    k: wish.kind,
    n: wish.tenants,
    c: wish.connections ?? 32,
    m: wish.streams ?? 1,
    w: wish.warmUp,
    d: wish.seconds,
    N: wish.answers ?? 0,
    P: wish.pids.join(','),
  };
  const args = Object.entries(options).flatMap(([letter, value]) => [`-${letter}`, String(value)]);
  const [command, ...rest] = pinned(wish.cores, [...(wish.enter ?? []), program, ...args]);
  const { stdout, stderr } = await promisify(execFile)(command, rest);
  if (stderr !== '') process.stderr.write(stderr);
  return JSON.parse(stdout) as Outcome;
}
