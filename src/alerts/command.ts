import { type ChildProcess, spawn } from 'node:child_process';
import { homedir } from 'node:os';
import type { Channel, TellOutcome } from './channel.ts';

// Milliseconds.
const RUN_TIME = 30_000;
const MOST_COMPLAINT = 500;

// Nothing of our own environment: it may hold secrets.
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Tells by running a program, without a shell or arguments, with JSON on its stdin; exit code 0 is delivery. */
export function commandChannel(file: string, time = RUN_TIME): Channel {
  return {
    name: 'command',
    async tell(message, signal) {
      signal.throwIfAborted();
      const late = AbortSignal.timeout(time);
      const outcome = await run(file, JSON.stringify(message), AbortSignal.any([signal, late]));
      signal.throwIfAborted();
      if (late.aborted) return { outcome: 'failed', why: `${file} ran longer than ${time / 1000} seconds` };
      return outcome;
    },
  };
}

function run(file: string, input: string, signal: AbortSignal): Promise<TellOutcome> {
  return new Promise((resolve) => {
    // A process group of its own, so that what it starts ends with it.
    const child = spawn(file, [], {
      env: { PATH, HOME: homedir() },
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    });
    const complaint = lastWords(child);
    const kill = () => end(child);
    signal.addEventListener('abort', kill);
    const done = (outcome: TellOutcome) => {
      signal.removeEventListener('abort', kill);
      resolve(outcome);
    };
    child.on('error', (error: NodeJS.ErrnoException) =>
      done({ outcome: 'failed', why: `${file} can't be run (${error.code})` }),
    );
    child.on('exit', (code, by) => {
      const why = `${file} ended with ${by ?? `exit code ${code}`}${complaint()}`;
      done(code === 0 ? { outcome: 'told' } : { outcome: 'failed', why });
    });
    // It may end without having read its input: its exit code tells what that means.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** What it wrote to stderr, as one line, so far. */
function lastWords({ stderr }: ChildProcess): () => string {
  let words = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = `${words}${text}`.slice(-MOST_COMPLAINT);
  });
  return () => (words === '' ? '' : `: ${words.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()}`);
}

function end({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
