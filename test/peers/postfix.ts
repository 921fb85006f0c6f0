import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';
import type { Program } from './program.ts';

/** Postfix's own settings (postconf(5)) by name. */
export type Settings = Readonly<Record<string, string>>;

/** One SMTP listener: `address:port` and the settings that are its own. */
export interface Listener {
  readonly at: string;
  readonly settings: Settings;
}

/** A running Postfix with a configuration, queue and log of its own. */
export interface Postfix {
  readonly program: Program;
  /** Its log so far, line by line. */
  log(): Promise<string[]>;
  /** For the `-C` and `-c` options of Postfix's commands. */
  readonly configFolder: string;
}

// Nothing runs in a chroot: it would need copies of resolv.conf and of the certificates.
const SERVICES = `
pickup    unix       n - n 60    1 pickup
cleanup   unix       n - n -     0 cleanup
qmgr      unix       n - n 300   1 qmgr
tlsmgr    unix       - - n 1000? 1 tlsmgr
rewrite   unix       - - n -     - trivial-rewrite
bounce    unix       - - n -     0 bounce
defer     unix       - - n -     0 bounce
trace     unix       - - n -     0 bounce
proxymap  unix       - - n -     - proxymap
smtp      unix       - - n -     - smtp
error     unix       - - n -     - error
retry     unix       - - n -     - error
discard   unix       - - n -     - discard
anvil     unix       - - n -     1 anvil
scache    unix       - - n -     1 scache
postlog   unix-dgram n - n -     1 postlogd
`;

export async function startPostfix(
  host: Host,
  name: string,
  settings: Settings,
  listeners: readonly Listener[] = [],
): Promise<Postfix> {
  const folder = await host.folder(name);
  const configFolder = join(folder, 'config');
  const logFile = join(folder, 'log');
  for (const part of ['config', 'queue', 'data']) await mkdir(join(folder, part));
  await host.run('chown', ['postfix', join(folder, 'data')]);
  const main: Settings = {
    compatibility_level: '3.6',
    myhostname: `${host.name}.postfix.test`,
    mydestination: '',
    alias_maps: '',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    maillog_file: logFile,
    maillog_file_prefixes: folder,
    ...settings,
  };
  await writeFile(join(configFolder, 'main.cf'), mainText(main));
  await writeFile(join(configFolder, 'master.cf'), SERVICES + listeners.map(listenerLine).join(''));
  await host.run('postfix', ['-c', configFolder, 'post-install', 'create-missing']);
  const daemons = await host.run('postconf', ['-c', configFolder, '-h', 'daemon_directory']);
  // With -d, unlike `postfix start`, it stays in the process group that is ended with the test.
  const program = host.spawn(join(daemons.trim(), 'master'), ['-c', configFolder, '-d']);
  const log = async () => (await readFile(logFile, 'utf8')).split('\n');
  await program.until(
    'its start',
    async () => existsSync(logFile) && /daemon started/.test((await log()).join()),
  );
  return { program, log, configFolder };
}

function mainText(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}

function listenerLine({ at, settings }: Listener): string {
  const options = Object.entries(settings).map(([name, value]) => ` -o { ${name} = ${value} }`);
  return `${at} inet n - n - - smtpd${options.join('')}\n`;
}
