import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** What the bench runs beside Postseal, and the Debian package that brings it. */
const NEEDED: readonly (readonly [file: string, debian: string])[] = [
  ['/usr/sbin/nginx', 'nginx-light'],
  ['/usr/bin/gcc', 'gcc'],
  ['/usr/include/stdio.h', 'libc6-dev'],
  ['/usr/include/openssl/evp.h', 'libssl-dev'],
  ['/usr/bin/taskset', 'util-linux'],
];

/** Installs what is missing, or says what to install and gives false where it may not. */
export function install(): boolean {
  const missing = NEEDED.filter(([file]) => !existsSync(file)).map(([, debian]) => debian);
  if (missing.length === 0) return true;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && aptGet(missing)) return true;
  console.error(`The bench needs these Debian packages: ${missing.join(' ')}`);
  return false;
}

function aptGet(packages: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args: string[]) => spawnSync('apt-get', args, { env, stdio: 'inherit' }).status === 0;
  const wanted = ['install', '-y', '--no-install-recommends', ...packages];
  return run(...wanted) || (run('update') && run(...wanted));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = install() ? 0 : 1;
