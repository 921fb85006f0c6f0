import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isDocumentName } from './document-folder.ts';

/** The hint that any document may have changed. No document has this name. */
export const ANYTHING = '*';

/** What may have changed: the document of this name, or {@link ANYTHING}. */
export type Hint = string;

// Kubernetes swaps this link when a mounted ConfigMap changes; no event names the files themselves.
const CONFIG_MAP_LINK = '..data';

// The kernel drops events when thousands wait to be read, of whatever files, and Node does not tell.
const MANY = 1_000;

/**
 * The file system's own notifications on a folder, as hints only: they may come twice, early or not at all.
 * The folder above is watched too, for only it tells that another folder, or link, took the name.
 */
export class FolderWatch {
  readonly #path: string;
  readonly #onHint: (hint: Hint) => void;
  #watcher: FSWatcher | undefined;
  #above: FSWatcher | undefined;
  #identity: string | undefined;
  #problem: string | undefined;
  #events = 0;

  constructor(path: string, onHint: (hint: Hint) => void) {
    this.#path = path;
    this.#onHint = onHint;
  }

  /** The code of the error for which nothing can be noticed, such as ENOSPC where the kernel's watches are used up. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Watches the folder that has the name now. A missing one is tried again next time.
   * @returns whether it was not watched before, so that changes may have gone unnoticed.
   */
  renew(): boolean {
    this.#above ??= this.#watch(dirname(this.#path), (name) => this.#noticedAbove(name)).watcher;
    const identity = this.#identify();
    if (identity === this.#identity && this.#watcher !== undefined) return false;
    this.#end();
    if (identity === undefined) return true;
    const { watcher, problem } = this.#watch(this.#path, (name) => this.#noticed(name));
    this.#watcher = watcher;
    this.#problem = problem;
    this.#identity = identity;
    return true;
  }

  close(): void {
    this.#above?.close();
    this.#above = undefined;
    this.#end();
  }

  #watch(path: string, onName: (name: string | null) => void): Watch {
    try {
      const watcher = watch(path, (_event, name) => onName(name));
      watcher.on('error', () => {
        this.close();
        this.#onHint(ANYTHING);
      });
      return { watcher, problem: undefined };
    } catch (error) {
      return { watcher: undefined, problem: (error as NodeJS.ErrnoException).code ?? 'unknown' };
    }
  }

  /** The inode alone would not tell: a new folder often gets the number of the one that was just removed. */
  #identify(): string | undefined {
    const stats = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    return stats && `${stats.dev}-${stats.ino}-${stats.birthtimeNs}`;
  }

  #noticed(name: string | null): void {
    this.#events += 1;
    if (this.#events % MANY === 0) this.#onHint(ANYTHING);
    if (name === null || name === CONFIG_MAP_LINK) this.#onHint(ANYTHING);
    else if (isDocumentName(name)) this.#onHint(name);
  }

  #noticedAbove(name: string | null): void {
    const above = dirname(this.#path);
    if (name !== null && name !== basename(this.#path) && name !== basename(above)) return;
    // It may be another folder with all the marks of the one that is watched. The folder above tells of its own
    // removal under its own name.
    this.close();
    this.#onHint(ANYTHING);
  }

  #end(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#identity = undefined;
  }
}

interface Watch {
  readonly watcher: FSWatcher | undefined;
  /** The code of the error that kept it from being watched. */
  readonly problem: string | undefined;
}
