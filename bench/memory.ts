import { readFileSync } from 'node:fs';

/** Megabytes (2^20 bytes) of all the processes together. */
export interface Memory {
  /** Resident set sizes added up: pages that processes share count once for each. */
  readonly rss: number;
  /** Proportional set sizes added up: shared pages count once. */
  readonly pss: number;
}

/** The memory of the processes from /proc/PID/smaps_rollup. */
export function memoryOf(pids: readonly number[]): Memory {
  const texts = pids.map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'));
  const sum = (field: string) =>
    texts.reduce((total, text) => total + Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1]), 0);
  return { rss: sum('Rss') / 1024, pss: sum('Pss') / 1024 };
}
