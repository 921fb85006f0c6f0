import type { StatementSync } from 'node:sqlite';
import type { Hostname } from '../../names/hostname.ts';
import { openReadable, type Readable } from './state-file.ts';

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
  #open: Open;

  constructor(folder: string) {
    this.#folder = folder;
    this.#open = open(folder);
  }

  /** The body that is to be served for a domain; undefined where none is. */
  get(domain: Hostname): string | undefined {
    const row = this.#current().one.get(domain) as unknown as PolicyText | undefined;
    return row?.text;
  }

  /** The next bodies in the order of their domains, at most `most`. */
  after(domain: string, most: number): readonly PolicyText[] {
    return this.#current().after.all(domain, most) as unknown as PolicyText[];
  }

  close(): void {
    this.#open.readable.database.close();
  }

  /** What was opened on a read-only disk stays as it was then; once the disk can be written, it is opened anew. */
  #current(): Open {
    if (!this.#open.readable.isOutdated()) return this.#open;
    const next = open(this.#folder);
    this.close();
    this.#open = next;
    return next;
  }
}

interface Open {
  readonly readable: Readable;
  readonly one: StatementSync;
  readonly after: StatementSync;
}

function open(folder: string): Open {
  const readable = openReadable(folder);
  return { readable, one: readable.database.prepare(ONE), after: readable.database.prepare(AFTER) };
}
