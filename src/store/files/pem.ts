import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkKeyPair, type KeyPair } from '../../certs/key-pair.ts';
import { flawed, type Parsed } from '../../flaws/flaw.ts';
import { makePrivateFolder, writeDurably } from './durable.ts';

// As `writeDurably` names what it has not yet put in place.
const UNFINISHED = /\.pem\.[\da-f]{12}\.tmp$/;

/**
 * The folder of certificates: `<policy host>.pem` holds the private key, the leaf and the chain.
 * One file, so that key and certificate can only be replaced together.
 */
export class PemFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What tells one content of a host's file from another; undefined where there is no file. Throws where it is out of reach. */
  stamp(host: string): string | undefined {
    const stats = statSync(this.#path(host), { throwIfNoEntry: false });
    return stats === undefined ? undefined : `${stats.ino}-${stats.size}-${stats.mtimeMs}-${stats.ctimeMs}`;
  }

  /** Reads and checks a host's key pair: the key fits the leaf, and the leaf names the host. */
  read(host: string): Parsed<KeyPair> {
    try {
      return checkKeyPair(readFileSync(this.#path(host), 'latin1'), host);
    } catch (error) {
      const { code = 'unreadable' } = error as NodeJS.ErrnoException;
      const remedy = 'Write the private key, the certificate and its chain, as PEM, into this file';
      return flawed({ path: `${host}.pem`, message: `The certificate can't be used (${code})`, remedy });
    }
  }

  /** Puts a key pair in place, for its owner's eyes only. Key and chain are replaced together or not at all. */
  write(host: string, pem: string): void {
    makePrivateFolder(this.#folder);
    writeDurably(this.#path(host), pem);
  }

  /** Removes what a crash left half-written: it holds a key that nobody knows of. */
  sweep(): void {
    for (const file of readdirSync(this.#folder)) {
      if (UNFINISHED.test(file)) rmSync(join(this.#folder, file), { force: true });
    }
  }

  #path(host: string): string {
    return join(this.#folder, `${host}.pem`);
  }
}
