import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

// A store of its own: the machine's own images and containers are neither seen nor touched. vfs, chroot and runc
// are the slow and plain choices that also work where the tests run inside a container themselves.
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'postseal', 'image');
const STORE = ['--root', join(CACHE, 'store'), '--runroot', join(CACHE, 'run'), '--storage-driver', 'vfs'];

/** Runs `buildah` on the tests' own store. */
export function buildah(...args: readonly string[]): Promise<string> {
  return run('buildah', [...STORE, ...args]);
}

/** Runs `podman` on the tests' own store. */
export function podman(...args: readonly string[]): Promise<string> {
  return run('podman', [...STORE, '--runtime', 'runc', '--cgroup-manager', 'cgroupfs', ...args]);
}

/** Builds the Dockerfile of a folder, from images of the store only, and tags the result. */
export async function buildImage(folder: string, tag: string): Promise<void> {
  const plain = ['--format', 'docker', '--isolation', 'chroot', '--pull-never', '--network', 'host'];
  await buildah('build', ...plain, '--quiet', '--tag', tag, folder);
}
