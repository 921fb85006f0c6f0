import type { DatabaseSync } from 'node:sqlite';
import type { AnnouncedStore } from '../../dns/announced.ts';
import type { RecordSet, ZoneChange } from '../../dns/record-set.ts';
import { Connection } from './connection.ts';
import { openForReading, openForWriting } from './state-database.ts';

/** Opens what the state file knows of our zone. Throws {@link StateFileError} where it can't be written. */
export function openAnnounced(folder: string): AnnouncedStore {
  return new AnnouncedFile(openForWriting(folder));
}

/** The same for reading only, of a file that is there. */
export function readAnnounced(folder: string): AnnouncedStore {
  return new AnnouncedFile(openForReading(folder));
}

interface Row {
  readonly name: string;
  /** A JSON array. */
  readonly texts: string;
  readonly ttl: number;
}

class AnnouncedFile implements AnnouncedStore {
  readonly #connection: Connection;

  constructor(database: DatabaseSync) {
    this.#connection = new Connection(database);
  }

  serial(): number {
    return (this.#connection.sql('SELECT serial FROM zone').get() as { readonly serial: number }).serial;
  }

  facts(): string {
    return (this.#connection.sql('SELECT facts FROM zone').get() as { readonly facts: string }).facts;
  }

  get(name: string): RecordSet | undefined {
    const row = this.#connection.sql('SELECT name, texts, ttl FROM announced WHERE name = ?').get(name);
    return row && setOf(row as unknown as Row);
  }

  read(take: (set: RecordSet) => void): number {
    const { database } = this.#connection;
    database.exec('BEGIN');
    try {
      for (const row of database.prepare('SELECT name, texts, ttl FROM announced').iterate()) {
        take(setOf(row as unknown as Row));
      }
      return this.serial();
    } finally {
      database.exec('COMMIT');
    }
  }

  ending(suffix: string): readonly string[] {
    const rows = this.#connection
      .sql('SELECT name FROM announced WHERE substr(name, -length(?1)) = ?1')
      .all(suffix);
    return (rows as unknown as { readonly name: string }[]).map(({ name }) => name);
  }

  record({ serial, sets }: ZoneChange, facts?: string): void {
    this.#connection.transaction(() => {
      for (const { name, values, ttl } of sets) {
        if (values.length === 0) this.#connection.sql('DELETE FROM announced WHERE name = ?').run(name);
        else {
          const put = 'INSERT OR REPLACE INTO announced (name, texts, ttl) VALUES (?, ?, ?)';
          this.#connection.sql(put).run(name, JSON.stringify(values), ttl);
        }
      }
      const set = 'UPDATE zone SET serial = ?, facts = coalesce(?, facts)';
      this.#connection.sql(set).run(serial, facts ?? null);
    });
  }

  close(): void {
    this.#connection.close();
  }
}

function setOf({ name, texts, ttl }: Row): RecordSet {
  return { name, values: JSON.parse(texts) as string[], ttl };
}
