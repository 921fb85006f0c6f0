import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

// Debian 12 has a Pebble without renewal information and profiles. A newer one comes from the machine's own mirror
// into the user's cache folder, with apt's lists and signatures, while the machine's own apt stays as it is.
const SUITES = ['testing', 'sid'];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

const HOME = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'postseal', 'pebble');

/** Where the ACME test server Pebble is, once it is installed. */
export const PEBBLE = join(HOME, 'usr', 'bin', 'pebble');

/** Fetches Pebble where it is not there yet. @returns whether it is there. */
export function installPebble(): boolean {
  return existsSync(PEBBLE) || (existsSync('/usr/bin/apt-get') && SUITES.some(fetchFrom));
}

function fetchFrom(suite: string): boolean {
  const mirror = debianMirror();
  if (mirror === undefined) return false;
  mkdirSync(dirname(HOME), { recursive: true });
  const folder = mkdtempSync(`${HOME}-`);
  try {
    const options = aptOptions(folder, `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`);
    const fetched =
      run('apt-get', [...options, '-qq', 'update']) &&
      run('apt-get', [...options, '-qq', 'download', 'pebble'], folder);
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (!fetched || archive === undefined) return false;
    const unpacked = join(folder, 'unpacked');
    if (!run('dpkg-deb', ['-x', join(folder, archive), unpacked])) return false;
    // Two test runs may come here at once: the whole folder is put in place at the end.
    if (!existsSync(HOME)) renameSync(unpacked, HOME);
    return existsSync(PEBBLE);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The machine's own Debian mirror, as apt knows it. */
function debianMirror(): string | undefined {
  const { stdout } = spawnSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'],
    {
      encoding: 'utf8',
    },
  );
  return stdout.split('\n').find((uri) => /\/debian\/?$/.test(uri));
}

function aptOptions(folder: string, source: string): string[] {
  const lists = join(folder, 'lists');
  const cache = join(folder, 'cache');
  for (const each of [join(lists, 'partial'), join(cache, 'archives', 'partial')])
    mkdirSync(each, { recursive: true });
  const sources = join(folder, 'sources.list');
  writeFileSync(sources, source);
  const settings = {
    'Dir::Etc::SourceList': sources,
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State::lists': lists,
    'Dir::State::status': '/dev/null',
    'Dir::Cache': cache,
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': '',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

function run(command: string, args: readonly string[], cwd?: string): boolean {
  // What apt has to say goes to stderr: the output of a test run is for test results.
  return spawnSync(command, args, { cwd, stdio: ['ignore', 2, 2] }).status === 0;
}
