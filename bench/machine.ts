import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** Facts without which a figure means nothing. */
export interface Machine {
  readonly at: string;
  readonly processor: string;
  readonly processors: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly openssl: string;
  readonly nginx: string;
  readonly commit: string;
  /** Of the last minute, at the start. */
  readonly load: number;
}

export function machine(): Machine {
  return {
    at: new Date().toISOString(),
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    openssl: process.versions.openssl,
    nginx: said('/bin/sh', '-c', 'nginx -v 2>&1').replace('nginx version: ', ''),
    commit: said('git', '-C', import.meta.dirname, 'describe', '--always', '--dirty'),
    load: loadavg()[0] ?? 0,
  };
}

function said(program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
