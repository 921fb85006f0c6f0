import type { Flaw } from '../../flaws/flaw.ts';
import type { Hostname } from '../../names/hostname.ts';
import type { TenantQuery, TenantSummary } from '../../tenant/desk.ts';
import type { Serving } from '../../tenant/exposure.ts';
import type { Intent } from '../../tenant/intent.ts';
import type { Revision } from '../../tenant/revision.ts';
import type {
  AdoptedRevision,
  Announceable,
  DocumentEntry,
  Held,
  NewRevision,
  Recording,
  TenantLabels,
  TenantStore,
} from '../../tenant/store.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { Connection, type StateAccess } from './connection.ts';
import { heldFor, hold, release } from './held-rows.ts';
import { forgetIntents, fulfil, intend, intentFor, intentsToLeave } from './intent-rows.ts';
import { OnDemand } from './on-demand.ts';
import { beginCourse, endCourse } from './publication-row.ts';
import { openForReading } from './state-database.ts';
import { labelsOf, listTenants, summaryOf } from './tenant-list.ts';

/**
 * Opens the state file, making folder and file where they are missing. Where it can't be opened for writing, as on a
 * disk that is full or read-only, an existing file is opened for reading, and each recording tries for more.
 * Throws {@link StateFileError} where there is nothing to read, or what is there is damaged or of a newer release.
 */
export function openState(folder: string, file: StateAccess = new OnDemand(folder)): TenantStore {
  const store = new StateFile(file);
  // Whoever opens it is to hear at once that it can't be.
  store.servedCount();
  return store;
}

/**
 * Opens an existing state file for reading, as it is at one moment, whatever a server changes meanwhile.
 * Throws {@link StateFileError} where there is none, or it is damaged or of another schema.
 */
export function openSnapshot(folder: string): TenantStore {
  const database = openForReading(folder);
  database.exec('BEGIN');
  return new StateFile(new Connection(database));
}

/** The state file: one SQLite database. */
export class StateFile implements TenantStore {
  readonly #file: StateAccess;

  constructor(file: StateAccess) {
    this.#file = file;
  }

  record(recording: Recording): void {
    this.#transaction(() => {
      for (const file of recording.forgotten)
        this.#connection.sql('DELETE FROM document WHERE file = ?').run(file);
      for (const entry of recording.entries) this.#recordEntry(entry);
      for (const revision of recording.revisions) this.#recordRevision(revision, recording.now);
      for (const held of recording.held) hold(this.#connection, held);
      for (const domain of recording.left) {
        this.#connection.sql('UPDATE tenant SET left_at = ? WHERE domain = ?').run(recording.now, domain);
        endCourse(this.#connection, domain, recording.now);
        release(this.#connection, domain);
        this.#recordLabels({ domain, labels: {} });
      }
      for (const labels of recording.labels) this.#recordLabels(labels);
      fulfil(this.#connection, recording.fulfilled);
    });
  }

  settle(domains: readonly Hostname[] | 'all', now: number): void {
    this.#transaction(() => {
      for (const statement of [CLOSE_EARLIER, MARK_SERVING]) {
        if (domains === 'all') this.#connection.sql(statement).run(now);
        else
          for (const domain of domains) this.#connection.sql(`${statement} AND domain = ?2`).run(now, domain);
      }
    });
  }

  adopt(revisions: readonly AdoptedRevision[]): void {
    this.#transaction(() => {
      for (const revision of revisions) this.#recordAdopted(revision);
    });
  }

  settleAdopted(domains: readonly Hostname[], now: number): void {
    this.#transaction(() => {
      for (const domain of domains) this.#connection.sql(CLOSE_ADOPTED).run(now, domain);
    });
  }

  leaving(): readonly Hostname[] {
    const rows = this.#connection.sql(LEAVING).all() as unknown as { readonly domain: Hostname }[];
    return rows.map(({ domain }) => domain);
  }

  newest(domain: Hostname): Revision | undefined {
    const row = this.#connection
      .sql(`SELECT ${REVISION} FROM revision WHERE domain = ? ORDER BY number DESC LIMIT 1`)
      .get(domain);
    return row as Revision | undefined;
  }

  revisions(domain: Hostname): readonly Revision[] {
    const rows = this.#connection
      .sql(`SELECT ${REVISION} FROM revision WHERE domain = ? ORDER BY number`)
      .all(domain);
    return rows as unknown as Revision[];
  }

  servings(domain: Hostname): readonly Serving[] {
    const rows = this.#connection
      .sql('SELECT mode, max_age, served_from, served_until FROM revision WHERE domain = ? ORDER BY number')
      .all(domain) as unknown as ServingRow[];
    return rows.map((row) => ({
      mode: row.mode,
      max_age: row.max_age,
      from: row.served_from,
      until: row.served_until ?? undefined,
    }));
  }

  isServed(domain: Hostname): boolean {
    return (
      this.#connection.sql('SELECT 1 FROM tenant WHERE domain = ? AND left_at IS NULL').get(domain) !==
      undefined
    );
  }

  held(domain: Hostname): Held | undefined {
    return heldFor(this.#connection, domain);
  }

  labels(domain: Hostname): Tenant['labels'] {
    return labelsOf(this.#connection, domain);
  }

  list(query: TenantQuery): readonly TenantSummary[] {
    return listTenants(this.#connection, query).map((row) => this.#withFlaws(row));
  }

  summary(domain: Hostname): TenantSummary | undefined {
    const row = summaryOf(this.#connection, domain);
    return row && this.#withFlaws(row);
  }

  intend(intents: readonly Intent[]): void {
    this.#transaction(() => intend(this.#connection, intents));
  }

  intent(domain: Hostname): Intent | undefined {
    return intentFor(this.#connection, domain);
  }

  intentsToLeave(): readonly Intent[] {
    return intentsToLeave(this.#connection);
  }

  forgetIntents(domains: readonly Hostname[]): void {
    this.#transaction(() => forgetIntents(this.#connection, domains));
  }

  *announceable(): Iterable<Announceable> {
    // A statement of its own: one that others share would begin anew for each of them.
    const statement = this.#connection.database.prepare(`${ANNOUNCEABLE} ORDER BY domain`);
    for (const row of statement.iterate()) yield row as unknown as Announceable;
  }

  announceableFor(domain: Hostname): Announceable | undefined {
    const row = this.#connection.sql(`${ANNOUNCEABLE} AND domain = ?`).get(domain);
    return row as Announceable | undefined;
  }

  *everyDomain(): Iterable<Hostname> {
    const statement = this.#connection.database.prepare('SELECT domain FROM tenant ORDER BY domain');
    for (const row of statement.iterate()) yield (row as { domain: Hostname }).domain;
  }

  servedCount(): number {
    const row = this.#connection.sql('SELECT count(*) AS count FROM tenant WHERE left_at IS NULL').get();
    return (row as { count: number }).count;
  }

  entriesAfter(file: string, most: number): readonly DocumentEntry[] {
    const rows = this.#connection
      .sql('SELECT * FROM document WHERE file > ? ORDER BY file LIMIT ?')
      .all(file, most);
    return (rows as unknown as DocumentRow[]).map(entryOf);
  }

  entriesFor(domain: Hostname): readonly DocumentEntry[] {
    const rows = this.#connection.sql('SELECT * FROM document WHERE domain = ? ORDER BY file').all(domain);
    return (rows as unknown as DocumentRow[]).map(entryOf);
  }

  entry(file: string): DocumentEntry | undefined {
    const row = this.#connection.sql('SELECT * FROM document WHERE file = ?').get(file) as
      | DocumentRow
      | undefined;
    return row === undefined ? undefined : entryOf(row);
  }

  flawed(most: number): readonly DocumentEntry[] {
    const rows = this.#connection
      .sql('SELECT * FROM document WHERE flaws IS NOT NULL ORDER BY file LIMIT ?')
      .all(most);
    return (rows as unknown as DocumentRow[]).map(entryOf);
  }

  flawedCount(): number {
    const row = this.#connection.sql('SELECT count(*) AS count FROM document WHERE flaws IS NOT NULL').get();
    return (row as { count: number }).count;
  }

  close(): void {
    this.#file.close();
  }

  #withFlaws(row: Omit<TenantSummary, 'flaws'>): TenantSummary {
    return { ...row, flaws: this.entriesFor(row.domain).flatMap(({ flaws }) => flaws) };
  }

  #recordEntry({ file, domain, stamp, flaws }: DocumentEntry): void {
    this.#connection
      .sql('INSERT OR REPLACE INTO document (file, domain, stamp, flaws) VALUES (?, ?, ?, ?)')
      .run(file, domain ?? null, stamp, flaws.length > 0 ? JSON.stringify(flaws) : null);
    if (flaws.length === 0 && domain !== undefined) release(this.#connection, domain);
  }

  #recordRevision({ domain, policy, revision, takesBack = false }: NewRevision, now: number): void {
    const { number, id, text, at, actor, address, cause } = revision;
    this.#connection
      .sql(
        `INSERT INTO revision (domain, number, id, text, mode, max_age, at, actor, address, cause, served_from)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(domain, number, id, text, policy.mode, policy.max_age, at, actor, address, cause, now);
    this.#connection
      .sql(
        `INSERT INTO tenant (domain, revision, mode) VALUES (?1, ?2, ?3)
       ON CONFLICT (domain) DO UPDATE SET revision = ?2, mode = ?3, left_at = NULL`,
      )
      .run(domain, number, policy.mode);
    beginCourse(this.#connection, domain, { number, id, mode: policy.mode, takesBack, now });
  }

  #recordLabels({ domain, labels }: TenantLabels): void {
    this.#connection.sql('DELETE FROM label WHERE domain = ?').run(domain);
    const add = this.#connection.sql('INSERT INTO label (domain, name, value) VALUES (?, ?, ?)');
    for (const [name, value] of Object.entries(labels)) add.run(domain, name, value);
  }

  #recordAdopted({ domain, policy, revision, from, until }: AdoptedRevision): void {
    if (this.isServed(domain)) throw new Error(`${domain} is served here`);
    const { number, id, text, at, actor, address, cause } = revision;
    const { mode, max_age } = policy;
    this.#connection
      .sql(
        `INSERT INTO revision
         (domain, number, id, text, mode, max_age, at, actor, address, cause, served_from, serving_at, served_until,
          adopted)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, 1)`,
      )
      .run(domain, number, id, text, mode, max_age, at, actor, address, cause, from, until ?? null);
    this.#connection
      .sql(
        `INSERT INTO tenant (domain, revision, mode, left_at) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (domain) DO UPDATE SET revision = ?2, mode = ?3`,
      )
      .run(domain, number, mode, at);
  }

  get #connection(): Connection {
    return this.#file.connection;
  }

  #transaction(work: () => void): void {
    this.#file.transaction(work);
  }
}

const REVISION = 'number, id, text, at, actor, address, cause';
const CLOSE_EARLIER = `UPDATE revision SET served_until = max(served_from, ?1) WHERE served_until IS NULL
  AND adopted = 0 AND EXISTS (SELECT 1 FROM tenant WHERE tenant.domain = revision.domain
              AND (tenant.revision > revision.number OR tenant.left_at IS NOT NULL))`;
const CLOSE_ADOPTED = `UPDATE revision SET served_until = max(served_from, ?1)
  WHERE domain = ?2 AND served_until IS NULL AND adopted = 1`;
const MARK_SERVING = `UPDATE revision SET serving_at = ?1 WHERE serving_at IS NULL
  AND EXISTS (SELECT 1 FROM tenant WHERE tenant.domain = revision.domain
              AND tenant.revision = revision.number AND tenant.left_at IS NULL)`;
const LEAVING = `SELECT domain FROM tenant WHERE left_at IS NOT NULL
  AND EXISTS (SELECT 1 FROM revision WHERE revision.domain = tenant.domain AND served_until IS NULL AND adopted = 0)`;
// A tenant that left and came back never shows the id with which it left.
const ANNOUNCEABLE = `SELECT domain, id FROM tenant JOIN revision USING (domain) WHERE left_at IS NULL
  AND number = (SELECT max(number) FROM revision AS other WHERE other.domain = tenant.domain
                AND serving_at IS NOT NULL AND served_until IS NULL AND adopted = 0)`;

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
