import type { Happened, Happening, HappeningStore } from '../../access/happening.ts';
import type { Hostname } from '../../names/hostname.ts';
import type { StateAccess } from './connection.ts';

// Whoever was away for longer than these last looks at everything anew.
const KEPT = 10_000;

/** The last happenings in the state file. */
export class HappeningTable implements HappeningStore {
  readonly #file: StateAccess;

  constructor(file: StateAccess) {
    this.#file = file;
  }

  add(happenings: readonly Happening[], at: number): void {
    if (happenings.length === 0) return;
    this.#file.transaction(() => {
      const { connection } = this.#file;
      const insert = connection.sql('INSERT INTO happening (at, kind, domain, data) VALUES (?, ?, ?, ?)');
      for (const { kind, domain, data } of happenings)
        insert.run(at, kind, domain ?? null, JSON.stringify(data));
      connection.sql('DELETE FROM happening WHERE number <= ?').run(this.range().newest - KEPT);
    });
  }

  after(number: number, most: number): readonly Happened[] {
    const rows = this.#file.connection
      .sql('SELECT * FROM happening WHERE number > ? ORDER BY number LIMIT ?')
      .all(number, most);
    return (rows as unknown as HappeningRow[]).map(({ domain, ...row }) => ({
      ...row,
      domain: (domain as Hostname | null) ?? undefined,
    }));
  }

  range(): { readonly oldest: number; readonly newest: number } {
    const row = this.#file.connection
      .sql(
        `SELECT coalesce((SELECT min(number) FROM happening), 0) AS oldest,
              coalesce((SELECT max(number) FROM happening), 0) AS newest`,
      )
      .get();
    return row as unknown as { oldest: number; newest: number };
  }
}

interface HappeningRow {
  readonly number: number;
  readonly at: number;
  readonly kind: Happening['kind'];
  readonly domain: string | null;
  readonly data: string;
}
