import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Flaw } from '../../flaws/flaw.ts';
import type { Hostname } from '../../names/hostname.ts';
import type { PolicyId } from '../../policy/policy-id.ts';
import type { Serving } from '../../tenant/exposure.ts';
import type { Revision } from '../../tenant/revision.ts';
import type { DocumentEntry, NewRevision, Recording, TenantStore } from '../../tenant/store.ts';
import { makePrivateFolder } from './durable.ts';
import { migrate } from './state-schema.ts';

const FILE_NAME = 'state.sqlite';

// How long a writer waits for another process's lock, in milliseconds.
const BUSY_TIMEOUT = 5000;

/**
 * Opens the state file, making folder and file where they are missing. Where it can't be opened for writing, as on a
 * disk that is full or read-only, an existing file is opened for reading, and each recording tries for more.
 */
export function openState(folder: string): TenantStore {
  try {
    return new StateFile(openForWriting(folder));
  } catch (error) {
    if (!existsSync(join(folder, FILE_NAME))) throw error;
    return new StateFile(openForReading(folder), () => openForWriting(folder));
  }
}

function openForWriting(folder: string): DatabaseSync {
  makePrivateFolder(folder);
  const database = new DatabaseSync(join(folder, FILE_NAME), { timeout: BUSY_TIMEOUT });
  try {
    // WAL lets the workers read while the primary writes; FULL syncs each commit before it returns.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Opens an existing state file for reading only. On a read-only file system SQLite can't make the files beside
 * a WAL database; it can still be read as immutable, but only where no log is left that holds newer rows.
 */
export function openForReading(folder: string): DatabaseSync {
  return openReadable(folder).database;
}

/** As {@link openForReading}. What is frozen shows no later change: open it anew once {@link isWritten}. */
export function openReadable(folder: string): {
  readonly database: DatabaseSync;
  readonly isFrozen: boolean;
} {
  const path = join(folder, FILE_NAME);
  try {
    return { database: opened(path), isFrozen: false };
  } catch (error) {
    if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) throw error;
    const url = pathToFileURL(path);
    url.searchParams.set('immutable', '1');
    return { database: opened(url), isFrozen: true };
  }
}

/** Whether somebody has the state file open for writing, or left a log of changes beside it. */
export function isWritten(folder: string): boolean {
  return existsSync(join(folder, `${FILE_NAME}-wal`));
}

/** SQLite opens a file when it first reads from it. */
function opened(path: string | URL): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT });
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The state file: one SQLite database. */
export class StateFile implements TenantStore {
  #database: DatabaseSync;
  /** Opens for writing what could be opened for reading only; throws while it can't be. */
  #openForWriting: (() => DatabaseSync) | undefined;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, openForWriting?: () => DatabaseSync) {
    this.#database = database;
    this.#openForWriting = openForWriting;
  }

  record(recording: Recording): void {
    this.#transaction(() => {
      for (const file of recording.forgotten) this.#sql('DELETE FROM document WHERE file = ?').run(file);
      for (const entry of recording.entries) this.#recordEntry(entry);
      for (const revision of recording.revisions) this.#recordRevision(revision, recording.now);
      for (const domain of recording.left) {
        this.#sql('UPDATE tenant SET left_at = ? WHERE domain = ?').run(recording.now, domain);
      }
    });
  }

  closeEarlier(domains: readonly Hostname[] | 'all', now: number): void {
    this.#transaction(() => {
      if (domains === 'all') this.#sql(CLOSE_EARLIER).run(now);
      else for (const domain of domains) this.#sql(`${CLOSE_EARLIER} AND domain = ?`).run(now, domain);
    });
  }

  newest(domain: Hostname): Revision | undefined {
    const row = this.#sql(
      'SELECT number, id, text, at, actor, cause FROM revision WHERE domain = ? ORDER BY number DESC LIMIT 1',
    ).get(domain);
    return row as Revision | undefined;
  }

  revisions(domain: Hostname): readonly Revision[] {
    const rows = this.#sql(
      'SELECT number, id, text, at, actor, cause FROM revision WHERE domain = ? ORDER BY number',
    ).all(domain);
    return rows as unknown as Revision[];
  }

  servings(domain: Hostname): readonly Serving[] {
    const rows = this.#sql(
      'SELECT mode, max_age, served_from, served_until FROM revision WHERE domain = ? ORDER BY number',
    ).all(domain) as unknown as ServingRow[];
    return rows.map((row) => ({
      mode: row.mode,
      max_age: row.max_age,
      from: row.served_from,
      until: row.served_until ?? undefined,
    }));
  }

  isServed(domain: Hostname): boolean {
    return this.#sql('SELECT 1 FROM tenant WHERE domain = ? AND left_at IS NULL').get(domain) !== undefined;
  }

  served(): Iterable<{ domain: Hostname; id: PolicyId }> {
    const rows = this.#sql(
      `SELECT domain, revision.id FROM tenant JOIN revision USING (domain)
       WHERE number = tenant.revision AND left_at IS NULL ORDER BY domain`,
    ).iterate();
    return rows as unknown as Iterable<{ domain: Hostname; id: PolicyId }>;
  }

  servedCount(): number {
    const row = this.#sql('SELECT count(*) AS count FROM tenant WHERE left_at IS NULL').get();
    return (row as { count: number }).count;
  }

  entriesAfter(file: string, most: number): readonly DocumentEntry[] {
    const rows = this.#sql('SELECT * FROM document WHERE file > ? ORDER BY file LIMIT ?').all(file, most);
    return (rows as unknown as DocumentRow[]).map(entryOf);
  }

  entriesFor(domain: Hostname): readonly DocumentEntry[] {
    const rows = this.#sql('SELECT * FROM document WHERE domain = ? ORDER BY file').all(domain);
    return (rows as unknown as DocumentRow[]).map(entryOf);
  }

  entry(file: string): DocumentEntry | undefined {
    const row = this.#sql('SELECT * FROM document WHERE file = ?').get(file) as DocumentRow | undefined;
    return row === undefined ? undefined : entryOf(row);
  }

  flawed(most: number): readonly DocumentEntry[] {
    const rows = this.#sql('SELECT * FROM document WHERE flaws IS NOT NULL ORDER BY file LIMIT ?').all(most);
    return (rows as unknown as DocumentRow[]).map(entryOf);
  }

  flawedCount(): number {
    const row = this.#sql('SELECT count(*) AS count FROM document WHERE flaws IS NOT NULL').get();
    return (row as { count: number }).count;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #recordEntry({ file, domain, stamp, flaws }: DocumentEntry): void {
    this.#sql('INSERT OR REPLACE INTO document (file, domain, stamp, flaws) VALUES (?, ?, ?, ?)').run(
      file,
      domain ?? null,
      stamp,
      flaws.length > 0 ? JSON.stringify(flaws) : null,
    );
  }

  #recordRevision({ domain, policy, revision }: NewRevision, now: number): void {
    const { number, id, text, at, actor, cause } = revision;
    this.#sql(
      `INSERT INTO revision (domain, number, id, text, mode, max_age, at, actor, cause, served_from)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(domain, number, id, text, policy.mode, policy.max_age, at, actor, cause, now);
    this.#sql(
      `INSERT INTO tenant (domain, revision) VALUES (?1, ?2)
       ON CONFLICT (domain) DO UPDATE SET revision = ?2, left_at = NULL`,
    ).run(domain, number);
  }

  #transaction(work: () => void): void {
    this.#makeWritable();
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #makeWritable(): void {
    if (this.#openForWriting === undefined) return;
    const database = this.#openForWriting();
    this.close();
    this.#database = database;
    this.#openForWriting = undefined;
  }

  #sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}

const CLOSE_EARLIER = `UPDATE revision SET served_until = max(served_from, ?1) WHERE served_until IS NULL
  AND EXISTS (SELECT 1 FROM tenant WHERE tenant.domain = revision.domain
              AND (tenant.revision > revision.number OR tenant.left_at IS NOT NULL))`;

interface DocumentRow {
  readonly file: string;
  readonly domain: string | null;
  readonly stamp: string;
  readonly flaws: string | null;
}

interface ServingRow {
  readonly mode: Serving['mode'];
  readonly max_age: number;
  readonly served_from: number;
  readonly served_until: number | null;
}

function entryOf({ file, domain, stamp, flaws }: DocumentRow): DocumentEntry {
  return {
    file,
    domain: (domain as Hostname | null) ?? undefined,
    stamp,
    flaws: flaws === null ? [] : (JSON.parse(flaws) as Flaw[]),
  };
}
