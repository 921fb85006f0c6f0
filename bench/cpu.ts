import { readFileSync } from 'node:fs';

// Of USER_HZ, which Linux has fixed at 100 for programs.
const TICKS_PER_SECOND = 100;
// The fields behind the program's name (proc(5)); those of threads that have ended are in them.
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** Seconds of processor time that these processes have taken since they began. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSeconds(readFileSync(`/proc/${pid}/stat`, 'latin1')), 0);
}

/** The same of one, from its line in /proc/PID/stat. */
export function cpuSeconds(stat: string): number {
  // The program's name may hold anything, brackets too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_PER_SECOND;
}
