import { createHash } from 'node:crypto';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildah } from './engine.ts';
import { npmFolder, type RegistryAccess, registryAccess } from './npm.ts';
import { copyProgram } from './program.ts';

// A stand-in for the official Node image where no image registry can be reached: this machine's Node, npm, shell and
// the few other programs that a build and its test use, with their shared libraries, and a user `node` with the number
// that it has in the official image.

const LABEL = 'postseal.stand-in';
const PROGRAMS = ['sh', 'env', 'install', 'id', 'ls', 'cat', 'touch'];
const PATH = '/usr/local/bin:/usr/bin:/bin';
const AUTHORITIES = '/usr/local/etc/npm-authorities.pem';
const USERS = 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n';
const GROUPS = 'root:x:0:\nnode:x:1000:\n';

/** Has the stand-in in the store under the name; made only if it is not there yet or would now be another. */
export async function ensureBaseImage(name: string): Promise<void> {
  const access = await registryAccess();
  const made = JSON.stringify([process.version, PROGRAMS, access]);
  const mark = createHash('sha256').update(made).digest('hex');
  if ((await labelOf(name)) === mark) return;
  const container = (await buildah('from', 'scratch')).trim();
  try {
    await fill((await buildah('mount', container)).trim(), access);
    await buildah(
      'config',
      '--env',
      `PATH=${PATH}`,
      '--cmd',
      'node',
      '--label',
      `${LABEL}=${mark}`,
      container,
    );
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

async function fill(root: string, access: RegistryAccess): Promise<void> {
  const folders = ['etc', 'bin', 'root', 'home/node', 'tmp', 'usr/local/bin', 'usr/local/etc'];
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  await symlink('../bin', join(root, 'usr/bin'));
  await writeFile(join(root, 'etc/passwd'), USERS);
  await writeFile(join(root, 'etc/group'), GROUPS);
  for (const program of PROGRAMS) await copyProgram(`/usr/bin/${program}`, root, `bin/${program}`);
  await copyProgram(process.execPath, root, 'usr/local/bin/node');
  await installNpm(root, access);
}

async function installNpm(root: string, { registry, authorities }: RegistryAccess): Promise<void> {
  const local = join(root, 'usr/local');
  await cp(await npmFolder(), join(local, 'lib/node_modules/npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  const trust = authorities === undefined ? '' : `cafile=${AUTHORITIES}\n`;
  await writeFile(join(root, AUTHORITIES), authorities ?? '');
  await writeFile(join(local, 'etc/npmrc'), `registry=${registry}\n${trust}`);
}
