import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

// Above what else may run on the machine, but below what the kernel needs.
const NICE = '-10';

/**
 * The command that runs another on the given processors, and before other programs where that is allowed.
 * @param cores a list for taskset, such as `0` or `0,1`
 */
export function pinned(cores: string, command: readonly string[]): [program: string, ...args: string[]] {
  const first = process.getuid?.() === 0 ? ['nice', '-n', NICE] : [];
  return ['taskset', '-c', cores, ...first, ...command];
}

/** Moves a process, with all its threads and what it will start, to the given processors. */
export function moveTo(cores: string, pid: number): void {
  execFileSync('taskset', ['-a', '-cp', cores, String(pid)]);
}

/**
 * Puts a process's session before others too, where the kernel groups processes by session (sched_autogroup) and the
 * niceness of one process counts only among its own.
 */
export function preferSession(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, NICE);
  } catch {
    // Without the right or without such groups the bench runs as well, on a machine that should then be quiet.
  }
}
