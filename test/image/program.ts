import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './run.ts';

/** Copies a program of this machine, and the shared libraries that it needs, into the root folder of another system. */
export async function copyProgram(program: string, root: string, to: string): Promise<void> {
  await copyFile(program, join(root, to));
  for (const library of await sharedLibraries(program)) {
    await mkdir(join(root, dirname(library)), { recursive: true });
    await copyFile(library, join(root, library));
  }
}

/** ldd(1): `libc.so.6 => /lib/libc.so.6 (0x…)`, or `/lib64/ld-linux.so.2 (0x…)` for the loader. */
async function sharedLibraries(program: string): Promise<string[]> {
  const lines = (await run('ldd', [program])).matchAll(/(?<path>\/\S+) \(0x/g);
  return [...lines].flatMap((line) => line.groups?.path ?? []);
}
