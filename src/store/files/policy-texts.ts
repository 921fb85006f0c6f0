import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Hostname } from '../../names/hostname.ts';
import { openForReading } from './state-database.ts';

/** One served policy body with its domain. */
interface PolicyText {
  readonly domain: Hostname;
  readonly text: string;
}

const SERVED = `SELECT domain, text FROM tenant JOIN revision USING (domain)
  WHERE number = tenant.revision AND left_at IS NULL`;

/** What the edge reads of the state file: the policy bodies that are to be served now. */
export class PolicyTexts {
  readonly #database: DatabaseSync;
  readonly #one: StatementSync;
  readonly #after: StatementSync;

  constructor(folder: string) {
    this.#database = openForReading(folder);
    this.#one = this.#database.prepare(`${SERVED} AND domain = ?`);
    this.#after = this.#database.prepare(`${SERVED} AND domain > ? ORDER BY domain LIMIT ?`);
  }

  /** The body that is to be served for a domain; undefined where none is. */
  get(domain: Hostname): string | undefined {
    const row = this.#one.get(domain) as unknown as PolicyText | undefined;
    return row?.text;
  }

  /** The next bodies in the order of their domains, at most `most`. */
  after(domain: string, most: number): readonly PolicyText[] {
    return this.#after.all(domain, most) as unknown as PolicyText[];
  }

  close(): void {
    this.#database.close();
  }
}
