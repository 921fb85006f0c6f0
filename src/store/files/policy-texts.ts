import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Hostname } from '../../names/hostname.ts';
import { isWritten, openReadable } from './state-file.ts';

/** One served policy body with its domain. */
interface PolicyText {
  readonly domain: Hostname;
  readonly text: string;
}

const SERVED = `SELECT domain, text FROM tenant JOIN revision USING (domain)
  WHERE number = tenant.revision AND left_at IS NULL`;
const ONE = `${SERVED} AND domain = ?`;
const AFTER = `${SERVED} AND domain > ? ORDER BY domain LIMIT ?`;

/** What the edge reads of the state file: the policy bodies that are to be served now. */
export class PolicyTexts {
  readonly #folder: string;
  #database: DatabaseSync;
  #isFrozen: boolean;
  #one: StatementSync;
  #after: StatementSync;

  constructor(folder: string) {
    this.#folder = folder;
    const { database, isFrozen } = openReadable(folder);
    this.#database = database;
    this.#isFrozen = isFrozen;
    this.#one = database.prepare(ONE);
    this.#after = database.prepare(AFTER);
  }

  /** The body that is to be served for a domain; undefined where none is. */
  get(domain: Hostname): string | undefined {
    this.#thaw();
    const row = this.#one.get(domain) as unknown as PolicyText | undefined;
    return row?.text;
  }

  /** The next bodies in the order of their domains, at most `most`. */
  after(domain: string, most: number): readonly PolicyText[] {
    this.#thaw();
    return this.#after.all(domain, most) as unknown as PolicyText[];
  }

  close(): void {
    this.#database.close();
  }

  /** A file opened on a read-only disk stays as it was then; once the disk can be written, it is opened anew. */
  #thaw(): void {
    if (!this.#isFrozen || !isWritten(this.#folder)) return;
    const { database, isFrozen } = openReadable(this.#folder);
    this.#database.close();
    this.#database = database;
    this.#isFrozen = isFrozen;
    this.#one = database.prepare(ONE);
    this.#after = database.prepare(AFTER);
  }
}
