import { type FSWatcher, statSync, watch } from 'node:fs';
import { isDocumentName } from './document-folder.ts';

/** The hint that any document may have changed. No document has this name. */
export const ANYTHING = '*';

/** What may have changed: the document of this name, or {@link ANYTHING}. */
export type Hint = string;

// Kubernetes swaps this link when a mounted ConfigMap changes; no event names the files themselves.
const CONFIG_MAP_LINK = '..data';

/**
 * The file system's own notifications on a folder, as hints only: they may come twice, early or not at all.
 * `renew()` looks whether the folder is still the one that is watched.
 */
export class FolderWatch {
  readonly #path: string;
  readonly #onHint: (hint: Hint) => void;
  #watcher: FSWatcher | undefined;
  #inode: number | undefined;

  constructor(path: string, onHint: (hint: Hint) => void) {
    this.#path = path;
    this.#onHint = onHint;
  }

  /** Watches the folder, anew where it was replaced by another one. A missing folder is tried again next time. */
  renew(): void {
    const inode = statSync(this.#path, { throwIfNoEntry: false })?.ino;
    if (inode === this.#inode) return;
    this.close();
    if (inode === undefined) return;
    try {
      this.#watcher = watch(this.#path, (_event, name) => this.#noticed(name));
      this.#watcher.on('error', () => this.close());
      this.#inode = inode;
    } catch {
      this.close();
    }
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#inode = undefined;
  }

  #noticed(name: string | null): void {
    if (name === null || name === CONFIG_MAP_LINK) this.#onHint(ANYTHING);
    else if (isDocumentName(name)) this.#onHint(name);
  }
}
