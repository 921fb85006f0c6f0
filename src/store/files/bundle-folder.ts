import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from './durable.ts';

/** A file of a bundle: its path below the bundle's folder, and its content, in pieces where it is long. */
export interface BundleFile {
  readonly path: string;
  readonly content: string | Iterable<string>;
}

// Files written at once: each waits for the disk, which takes many at a time.
const AT_ONCE = 32;

/**
 * Writes a folder that is there as a whole or not at all: made beside its place, synced, and renamed. In its place there
 * may be nothing, or an empty folder; rejects with ENOTEMPTY where there is something else.
 */
export async function writeBundle(folder: string, files: Iterable<BundleFile>): Promise<void> {
  await requireNothing(folder);
  const draft = `${folder}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(draft, { recursive: true, mode: 0o755 });
    const folders = await writeAll(draft, files);
    for (const each of folders) syncFolder(each);
    // Takes the place of an empty folder; where somebody put something there meanwhile, it fails.
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  syncFolder(dirname(folder));
}

async function requireNothing(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  // Says whether it is empty, and by which error, as the rename at the end would.
  if (found.length > 0) await rmdir(folder);
}

/** @returns the folders that were made or written to. */
async function writeAll(draft: string, files: Iterable<BundleFile>): Promise<ReadonlySet<string>> {
  const folders = new Set([draft]);
  const queue = files[Symbol.iterator]();
  const work = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const { path, content } = next.value;
      for (let above = dirname(path); above !== '.'; above = dirname(above)) folders.add(join(draft, above));
      await mkdir(dirname(join(draft, path)), { recursive: true, mode: 0o755 });
      await write(join(draft, path), content);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return folders;
}

async function write(path: string, content: BundleFile['content']): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  try {
    for (const piece of typeof content === 'string' ? [content] : content) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}
