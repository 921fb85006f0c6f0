import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { thisDebian } from './debian.ts';
import { buildah } from './engine.ts';
import { npmFolder, type RegistryAccess, registryAccess } from './npm.ts';
import { run } from './run.ts';

// A stand-in for the official Node image where no image registry can be reached: a minimal Debian, this machine's
// Node and npm, and a user `node` with the number that it has in the official image.

const LABEL = 'postseal.stand-in';
const NODE_USER = 1000;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const AUTHORITIES = '/usr/local/etc/npm-authorities.pem';
/** What the official slim images leave out too. */
const NOT_SLIM = ['usr/share/doc', 'usr/share/locale', 'usr/share/man', 'var/lib/apt/lists', 'var/cache/apt'];

/** Has the stand-in in the store under the name; made only if it is not there yet or another Node is in use. */
export async function ensureBaseImage(name: string): Promise<void> {
  if ((await labelOf(name)) === process.version) return;
  const container = (await buildah('from', 'scratch')).trim();
  try {
    await fill((await buildah('mount', container)).trim());
    const settings = ['--env', `PATH=${PATH}`, '--cmd', 'node', '--label', `${LABEL}=${process.version}`];
    await buildah('config', ...settings, container);
    await buildah('commit', '--quiet', container, name);
  } finally {
    await buildah('rm', container);
  }
}

async function labelOf(image: string): Promise<string | undefined> {
  const format = `{{index .OCIv1.Config.Labels "${LABEL}"}}`;
  const label = await buildah('inspect', '--type', 'image', '--format', format, image).catch(() => undefined);
  return label?.trim();
}

async function fill(root: string): Promise<void> {
  const { suite, mirror } = await thisDebian();
  await run('debootstrap', ['--variant=minbase', suite, root, mirror]);
  for (const folder of NOT_SLIM) await rm(join(root, folder), { recursive: true, force: true });
  await run('chroot', [root, 'useradd', '--uid', String(NODE_USER), '--create-home', 'node']);
  await installNode(root, await registryAccess());
}

async function installNode(root: string, access: RegistryAccess): Promise<void> {
  const local = join(root, 'usr/local');
  await cp(process.execPath, join(local, 'bin/node'), { dereference: true });
  await cp(await npmFolder(), join(local, 'lib/node_modules/npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  await mkdir(join(local, 'etc'), { recursive: true });
  const lines = [`registry=${access.registry}`];
  if (access.authorities !== undefined) {
    await writeFile(join(root, AUTHORITIES), access.authorities);
    lines.push(`cafile=${AUTHORITIES}`);
  }
  await writeFile(join(local, 'etc/npmrc'), `${lines.join('\n')}\n`);
}
