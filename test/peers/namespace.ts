import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './program.ts';

/** Where `ip netns exec` looks for the files that a namespace has in place of those in /etc. */
export const NETNS_ETC = '/etc/netns';
const NETNS_RUN = '/run/netns';

/** Runs commands of ip(8), in one namespace or in the machine's own. Throws with what ip said. */
export async function ip(commands: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  const { code, stderr } = await runToEnd(['ip', ...where, '-batch', '-'], {}, `${commands.join('\n')}\n`);
  if (code !== 0) throw new Error(`ip ${where.join(' ')}: ${stderr.trim()}`);
}

/** The network namespaces, or their folders in /etc/netns, whose names begin with the prefix and a dash. */
export function namespacesOf(prefix: string): string[] {
  const names = [NETNS_RUN, NETNS_ETC].flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []));
  return [...new Set(names)].filter((name) => name.startsWith(`${prefix}-`));
}

/** Ends the processes that are left in the namespaces, then removes these. */
export function removeNamespaces(namespaces: readonly string[]): void {
  for (const namespace of namespaces) {
    if (existsSync(join(NETNS_RUN, namespace))) {
      for (const pid of ipNow('netns', 'pids', namespace).split('\n')) killLeftover(Number(pid));
      ipNow('netns', 'delete', namespace);
    }
    rmSync(join(NETNS_ETC, namespace), { recursive: true, force: true });
  }
}

/** Failures do not count: another test may be sweeping up the same namespace. */
function ipNow(...args: readonly string[]): string {
  return spawnSync('ip', args, { encoding: 'utf8' }).stdout;
}

function killLeftover(pid: number): void {
  if (pid === 0) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
