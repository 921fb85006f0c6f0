import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createAccountKey } from '../../acme/account-key.ts';
import { makePrivateFolder, renameDurably, writeDurably } from './durable.ts';

/**
 * The key of our account at one CA, and while it is being changed the next one: that is kept before the CA hears of it,
 * and takes the place of the other once the CA knows it. As long as it is there, either may be the one that counts.
 */
export class AccountKeys {
  readonly #folder: string;
  readonly #file: string;
  readonly #nextFile: string;

  constructor(folder: string, ca: string) {
    this.#folder = folder;
    this.#file = join(folder, `${ca}.pem`);
    this.#nextFile = join(folder, `${ca}.next.pem`);
  }

  /** As PEM; made when it is first asked for: with another key it would be another account. */
  current(): string {
    return this.#read(this.#file);
  }

  /** Whether a change has begun, and not ended. */
  get isChanging(): boolean {
    return existsSync(this.#nextFile);
  }

  /** The next key, as PEM: that of a change that was interrupted, else a new one. Durable when it returns. */
  begin(): string {
    return this.#read(this.#nextFile);
  }

  /** The CA knows the next key. */
  promote(): void {
    renameDurably(this.#nextFile, this.#file);
  }

  /** The CA will not know the next key. */
  discard(): void {
    rmSync(this.#nextFile, { force: true });
  }

  #read(file: string): string {
    if (existsSync(file)) return readFileSync(file, 'utf8');
    const key = createAccountKey();
    makePrivateFolder(this.#folder);
    writeDurably(file, key);
    return key;
  }
}
