import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaFiles } from '../../certs/local-ca.ts';
import { makePrivateFolder, writeDurably } from './durable.ts';

/** The folder of the local CA: its key, and its root certificate for clients to trust. */
export class CaFolder {
  readonly rootFile: string;
  readonly #folder: string;
  readonly #keyFile: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.rootFile = join(folder, 'root.pem');
    this.#keyFile = join(folder, 'key.pem');
  }

  /** The CA that is there; undefined where there is none yet. */
  read(): CaFiles | undefined {
    // The root is written last: where it is there, both are whole.
    if (!existsSync(this.rootFile)) return undefined;
    return { key: readFileSync(this.#keyFile, 'utf8'), root: readFileSync(this.rootFile, 'utf8') };
  }

  /** Both files are for their owner only. */
  write({ key, root }: CaFiles): void {
    makePrivateFolder(this.#folder);
    writeDurably(this.#keyFile, key);
    writeDurably(this.rootFile, root);
  }
}
