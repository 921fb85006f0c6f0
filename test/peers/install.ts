import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NEEDED, PROGRAM_FOLDERS } from './packages.ts';

// Installs what tests and bench run against, where apt-get is at hand and allowed. Elsewhere it prints
// the one line to run and exits with 1. When all is there, it only looks.

const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_TEXT =
  '#!/bin/sh\n# Made by the tests of Postseal while they install packages; may be deleted.\nexit 101\n';
const POSTFIX_ANSWER = 'postfix postfix/main_mailer_type select No configuration\n';

function missingPackages(): string[] {
  const missing = NEEDED.filter(({ file }) => !isThere(file));
  return [...new Set(missing.map((needed) => needed.package))];
}

function isThere(file: string): boolean {
  return file.startsWith('/')
    ? existsSync(file)
    : PROGRAM_FOLDERS.some((folder) => existsSync(`${folder}/${file}`));
}

function run(command: string, args: readonly string[], input = ''): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // apt-get's talk goes to stderr: the output of a test run is for test results.
  return spawnSync(command, args, { env, input, stdio: ['pipe', 2, 2] }).status === 0;
}

function aptInstall(packages: readonly string[]): boolean {
  const install = ['install', '--yes', '--no-install-recommends', ...packages];
  run('debconf-set-selections', [], POSTFIX_ANSWER);
  // A fresh image has no package lists, an old one outdated ones: both show as a failed install.
  return run('apt-get', install) || (run('apt-get', ['update']) && run('apt-get', install));
}

/** Debian asks `policy-rc.d` before a package's own service is started; 101 means no. */
function withoutStartingServices(install: () => boolean): boolean {
  const ours = !existsSync(POLICY) || readFileSync(POLICY, 'utf8') === POLICY_TEXT;
  if (ours) writeFileSync(POLICY, POLICY_TEXT, { mode: 0o755 });
  try {
    return install();
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}

function install(packages: readonly string[]): boolean {
  if (!existsSync('/usr/bin/apt-get')) return false;
  if (process.getuid?.() === 0) return withoutStartingServices(() => aptInstall(packages));
  return run('sudo', ['-n', process.execPath, fileURLToPath(import.meta.url)]);
}

const missing = missingPackages();
if (missing.length > 0 && !(install(missing) && missingPackages().length === 0)) {
  const packages = missingPackages().join(' ');
  console.error(
    `Tests and bench need more programs. Run: sudo apt-get install --no-install-recommends ${packages}`,
  );
  process.exitCode = 1;
}
