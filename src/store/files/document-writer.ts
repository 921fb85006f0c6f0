import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './durable.ts';

/** A document that is to take a place, on the disk already. */
export interface Staged {
  /** The file whose place it is to take. */
  readonly path: string;
  readonly temporary: string;
}

/** A file that was replaced, under a name of its own for as long as somebody may still write to it. */
export interface Replaced {
  readonly file: string;
  readonly captured: string;
  /** What was in it when it was replaced. */
  readonly expected: Buffer;
}

/** What came of putting a document in place. */
export type Swap =
  /** `captured` is the file that was there before, kept until {@link DocumentWriter.letGo}. */
  | { readonly outcome: 'swapped'; readonly captured: string | undefined }
  /** Another content was there than expected, and is again: nothing was changed. */
  | { readonly outcome: 'changed' };

// Documents are no secret: other people of the machine edit them.
const MODE = 0o644;

// Hidden, so that nobody takes them for documents.
const LEFT_BEHIND = /^\.(.+\.ya?ml)\.[\da-f]{12}\.(tmp|old|gone)$/;

/**
 * Replaces documents that people edit at the same time. A file is moved out of its place, looked at where nobody
 * looks for it, and only then is another one put there, if the place is still free: so that no edit is lost, in
 * whatever moment it comes. For some microseconds the name is missing, which readers of the folder wait out.
 */
export class DocumentWriter {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The content of a file; undefined where there is none. Throws where it can't be read. */
  read(file: string): Buffer | undefined {
    const path = join(this.#folder, file);
    // What is no file, such as a pipe, might never be read to its end.
    return statSync(path, { throwIfNoEntry: false })?.isFile() ? readIfThere(path) : undefined;
  }

  /** Writes a document beside its place, durably. */
  async stage(file: string, text: string): Promise<Staged> {
    const path = this.#place(file);
    const temporary = besides(path, 'tmp');
    try {
      await writeSynced(temporary, text, statSync(path, { throwIfNoEntry: false }));
      return { path, temporary };
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  discard({ temporary }: Staged): void {
    rmSync(temporary, { force: true });
  }

  /**
   * Puts a staged document, or nothing, into the place of what is expected there: a content, or nothing.
   * The staged one is gone then. Throws, and changes nothing, where the disk does not let it. Not durable before
   * {@link sync}.
   */
  swap(file: string, expected: Buffer | undefined, staged: Staged | undefined): Swap {
    const path = staged?.path ?? this.#place(file);
    try {
      if (expected !== undefined) return replace(path, expected, staged);
      if (staged !== undefined && !putInFreePlace(staged.temporary, path)) return { outcome: 'changed' };
      return { outcome: 'swapped', captured: undefined };
    } finally {
      if (staged !== undefined) this.discard(staged);
    }
  }

  /** Makes all swaps durable. */
  sync(): void {
    syncFolder(this.#folder);
  }

  /** Takes a swap back, where what it put there is there still. */
  undo(file: string, put: Buffer | undefined, captured: string | undefined): void {
    const path = this.#place(file);
    if (put !== undefined) {
      const again = replace(path, put, undefined);
      // A newer one is there, which replaced ours.
      if (again.outcome === 'changed') {
        if (captured !== undefined) rmSync(captured, { force: true });
        return;
      }
      if (again.captured !== undefined) rmSync(again.captured, { force: true });
    }
    if (captured !== undefined) putBack(captured, path);
  }

  /** Whether an editor that had opened a file before it was replaced has written to it since. */
  isLate({ captured, expected }: Replaced): boolean {
    return readIfThere(captured)?.equals(expected) === false;
  }

  /**
   * Lets go of what was replaced; where an editor wrote to it since, that is the later edit, and takes the place of what
   * was put there. One by hand that is there now would have replaced it, too, and stays.
   */
  letGo({ file, captured, expected }: Replaced, isOurs: (present: Buffer) => boolean): void {
    const late = this.isLate({ file, captured, expected });
    const present = late ? this.read(file) : undefined;
    if (present === undefined || !isOurs(present)) {
      rmSync(captured, { force: true });
      return;
    }
    const again = this.swap(file, present, { path: this.#place(file), temporary: captured });
    if (again.outcome === 'swapped' && again.captured !== undefined) rmSync(again.captured, { force: true });
  }

  /** After a crash: what was out of its place goes back there, and what was never put in place goes. */
  sweep(): void {
    for (const name of readdirSync(this.#folder)) {
      const [, file, kind] = LEFT_BEHIND.exec(name) ?? [];
      if (file === undefined) continue;
      const path = join(this.#folder, name);
      if (kind === 'old') putBack(path, join(this.#folder, file));
      else rmSync(path, { force: true });
    }
  }

  /** Where a file is really: a link to it stays a link. */
  #place(file: string): string {
    const path = join(this.#folder, file);
    return existsSync(path) ? realpathSync(path) : path;
  }
}

function replace(path: string, expected: Buffer, staged: Staged | undefined): Swap {
  const captured = besides(path, 'old');
  if (!move(path, captured)) return { outcome: 'changed' };
  try {
    if (!readFileSync(captured).equals(expected)) {
      putBack(captured, path);
      return { outcome: 'changed' };
    }
    if (staged === undefined) {
      // Not to be put back after a crash.
      const gone = besides(path, 'gone');
      renameSync(captured, gone);
      return { outcome: 'swapped', captured: gone };
    }
    if (putInFreePlace(staged.temporary, path)) return { outcome: 'swapped', captured };
  } catch (error) {
    putBack(captured, path);
    throw error;
  }
  // Somebody else was quicker to put a whole file there, meant to replace the one that was expected.
  rmSync(captured, { force: true });
  return { outcome: 'changed' };
}

function move(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A newer one that took the place meanwhile stays. */
function putBack(captured: string, path: string): void {
  putInFreePlace(captured, path);
  rmSync(captured, { force: true });
}

/** @returns whether the place was free. */
function putInFreePlace(file: string, path: string): boolean {
  try {
    linkSync(file, path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return false;
    // Not every file system has second names for a file.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
    if (existsSync(path)) return false;
    renameSync(file, path);
    return true;
  }
}

async function writeSynced(path: string, text: string, like: Stats | undefined): Promise<void> {
  const file = await open(path, 'wx', MODE);
  try {
    await file.writeFile(text);
    if (like !== undefined) {
      await file.chmod(like.mode & 0o7777);
      // Only root may give a file away.
      await file.chown(like.uid, like.gid).catch(() => undefined);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function besides(path: string, kind: 'tmp' | 'old' | 'gone'): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.${kind}`);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
