import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

// A store of its own, kept from one run to the next: the machine's own images and containers are neither seen nor
// touched. chroot and runc are the plain choices that also work where the tests run inside a container themselves.
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'postseal', 'image');

function storage(driver: string): string[] {
  const folder = join(CACHE, driver);
  return ['--root', join(folder, 'store'), '--runroot', join(folder, 'run'), '--storage-driver', driver];
}

/** Overlay where the file system allows it. Else vfs, which copies the whole image again and again. */
const STORAGE = run('buildah', [...storage('overlay'), 'images']).then(
  () => storage('overlay'),
  () => storage('vfs'),
);

/** Runs `buildah` on the tests' own store. */
export async function buildah(...args: readonly string[]): Promise<string> {
  return run('buildah', [...(await STORAGE), ...args]);
}

/** Runs `podman` on the tests' own store. */
export async function podman(...args: readonly string[]): Promise<string> {
  return run('podman', [...(await STORAGE), '--runtime', 'runc', '--cgroup-manager', 'cgroupfs', ...args]);
}

/** Builds the Dockerfile of a folder, from images of the store only, and tags the result. */
export async function buildImage(folder: string, tag: string): Promise<void> {
  const plain = ['--format', 'docker', '--isolation', 'chroot', '--pull-never', '--network', 'host'];
  await buildah('build', ...plain, '--quiet', '--tag', tag, folder);
}
