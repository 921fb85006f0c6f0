import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinned } from '../pin.ts';

/** A program under test that runs on given processors, with all its children. */
export interface Running {
  /** The process and its descendants. */
  pids(): number[];
  alive(): boolean;
  /** Seconds since it was started. */
  age(): number;
  stop(): Promise<void>;
}

const PATIENCE_MS = 10_000;
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program on the processors of a taskset list, such as `0,1`. */
export function launch(cores: string, command: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const started = performance.now();
  const [program, ...args] = pinned(cores, command);
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return {
    pids: () => family(child.pid ?? 0),
    alive: () => child.exitCode === null && child.signalCode === null,
    age: () => (performance.now() - started) / 1000,
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  const members = family(child.pid ?? 0);
  child.kill('SIGTERM');
  await Promise.race([gone, sleep(PATIENCE_MS, undefined, { ref: false })]);
  for (const pid of members.reverse()) kill(pid);
  await gone;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone by itself, as it should.
  }
}

/** A process and its descendants. */
export function family(pid: number): number[] {
  return [pid, ...children(pid).flatMap(family)];
}

function children(pid: number): number[] {
  const tasks = read(() => readdirSync(`/proc/${pid}/task`), []);
  return tasks.flatMap((task) => {
    const list = read(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'), '');
    return list.split(' ').filter(Boolean).map(Number);
  });
}

/** Processes and threads may end between being listed and being read. */
function read<T>(what: () => T, otherwise: T): T {
  try {
    return what();
  } catch {
    return otherwise;
  }
}
