import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openForReading } from './state-file.ts';

/** One served policy body with its domain. */
export interface PolicyText {
  readonly domain: string;
  readonly text: string;
}

/** What the edge reads of the state file: the policy bodies that are to be served now. */
export class PolicyTexts {
  readonly #database: DatabaseSync;
  readonly #one: StatementSync;

  constructor(folder: string) {
    this.#database = openForReading(folder);
    this.#one = this.#database.prepare(`${SERVED} AND domain = ?`);
  }

  /** The body that is to be served for a domain, undefined where none is. */
  get(domain: string): string | undefined {
    const row = this.#one.get(domain) as PolicyText | undefined;
    return row?.text;
  }

  /** All of them. The reader must not be used otherwise before the last one is taken. */
  all(): Iterable<PolicyText> {
    return this.#database.prepare(SERVED).iterate() as unknown as Iterable<PolicyText>;
  }

  close(): void {
    this.#database.close();
  }
}

const SERVED = `SELECT domain, text FROM tenant JOIN revision USING (domain)
  WHERE number = tenant.revision AND left_at IS NULL`;
