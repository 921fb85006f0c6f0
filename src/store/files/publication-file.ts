import type { DatabaseSync } from 'node:sqlite';
import type { Hostname } from '../../names/hostname.ts';
import { type Course, PUBLICATION_STAGES, type PublicationStage } from '../../tenant/publication.ts';
import type { PublicationCensus, PublicationStore, TenantCourse } from '../../tenant/publication-store.ts';
import { Connection } from './connection.ts';
import { courseOf, readCourse, writeCourse } from './publication-row.ts';
import { openForReading, openForWriting } from './state-database.ts';

/** Opens what the state file knows of publications. Throws {@link StateFileError} where it can't be written. */
export function openPublications(folder: string): PublicationStore {
  return new PublicationFile(openForWriting(folder));
}

/** The same for reading only, of a file that is there. */
export function readPublications(folder: string): PublicationStore {
  return new PublicationFile(openForReading(folder));
}

interface Row {
  readonly domain: Hostname;
  readonly state: string;
}

/** Publications in the state file: what is asked by is a column, all of it one JSON text. */
class PublicationFile implements PublicationStore {
  readonly #connection: Connection;

  constructor(database: DatabaseSync) {
    this.#connection = new Connection(database);
  }

  get(domain: Hostname): Course | undefined {
    return readCourse(this.#connection, domain);
  }

  after(domain: string, most: number): readonly TenantCourse[] {
    const after = 'SELECT domain, state FROM publication WHERE domain > ? ORDER BY domain LIMIT ?';
    return this.#read(after, domain, most);
  }

  awake(now: number, most: number): readonly TenantCourse[] {
    return this.#read(
      'SELECT domain, state FROM publication WHERE wake_at <= ? ORDER BY wake_at LIMIT ?',
      now,
      most,
    );
  }

  nextWake(): number | undefined {
    const row = this.#connection.sql('SELECT min(wake_at) AS at FROM publication').get();
    return (row as { readonly at: number | null }).at ?? undefined;
  }

  waiting(most: number): readonly TenantCourse[] {
    const waiting = 'SELECT domain, state FROM publication WHERE waiting_since IS NOT NULL';
    return this.#read(`${waiting} ORDER BY waiting_since LIMIT ?`, most);
  }

  change(
    domain: Hostname,
    number: number,
    change: (course: Course) => Course | undefined,
  ): Course | undefined {
    let changed: Course | undefined;
    this.#connection.transaction(() => {
      const course = this.get(domain);
      if (course?.number !== number) return;
      changed = change(course);
      if (changed === undefined) this.#connection.sql('DELETE FROM publication WHERE domain = ?').run(domain);
      else writeCourse(this.#connection, domain, changed);
    });
    return changed;
  }

  wake(domains: readonly Hostname[]): void {
    this.#connection.transaction(() => {
      for (const domain of domains) {
        const course = this.get(domain);
        if (course !== undefined) {
          writeCourse(this.#connection, domain, { ...course, setbacks: undefined, wakeAt: 0 });
        }
      }
    });
  }

  wakeOthersThan(wanted: string): void {
    this.#connection.transaction(() => {
      this.#connection
        .sql(
          `UPDATE publication SET wake_at = 0, state = json_set(state, '$.wakeAt', 0)
           WHERE handed IS NOT NULL AND handed <> ?`,
        )
        .run(wanted);
    });
  }

  census(): PublicationCensus {
    const rows = this.#connection
      .sql('SELECT stage, count(*) AS count FROM publication GROUP BY stage')
      .all() as unknown as { readonly stage: PublicationStage; readonly count: number }[];
    const counts = new Map(rows.map(({ stage, count }) => [stage, count]));
    const stages = Object.fromEntries(PUBLICATION_STAGES.map((stage) => [stage, counts.get(stage) ?? 0]));
    const row = this.#connection.sql(
      'SELECT min(waiting_since) AS at FROM publication WHERE waiting_since IS NOT NULL',
    );
    const { at } = row.get() as { readonly at: number | null };
    return { stages: stages as PublicationCensus['stages'], waitingSince: at ?? undefined };
  }

  close(): void {
    this.#connection.close();
  }

  #read(sql: string, ...values: (number | string)[]): readonly TenantCourse[] {
    const rows = this.#connection.sql(sql).all(...values) as unknown as Row[];
    return rows.map((row) => ({ domain: row.domain, course: courseOf(row) }));
  }
}
