import type { DatabaseSync } from 'node:sqlite';
import type { Ledger, LedgerChanges, Slot } from '../../certs/budget.ts';
import { alertableFrom } from '../../certs/certificate-alert.ts';
import { GOOD_STANDING, type Standing } from '../../certs/standing.ts';
import { renewable, type Upkeep } from '../../certs/upkeep.ts';
import type {
  Census,
  CertificateEnd,
  KeyChange,
  UpkeepChanges,
  UpkeepStore,
} from '../../certs/upkeep-store.ts';
import type { Hostname } from '../../names/hostname.ts';
import { Connection } from './connection.ts';
import { openForReading, openForWriting } from './state-database.ts';

/** Opens what the state file knows of certificates. Throws {@link StateFileError} where it can't be written. */
export function openUpkeep(folder: string): UpkeepStore {
  return new UpkeepFile(openForWriting(folder));
}

/** The same for reading only, of a file that is there. */
export function readUpkeep(folder: string): UpkeepStore {
  return new UpkeepFile(openForReading(folder));
}

interface Row {
  readonly state: string;
}

/** Certificates and CAs in the state file: what is asked by is a column, all else one JSON text. */
class UpkeepFile implements UpkeepStore {
  readonly #connection: Connection;

  constructor(database: DatabaseSync) {
    this.#connection = new Connection(database);
  }

  add(upkeeps: readonly Upkeep[]): void {
    this.#connection.transaction(() => {
      const insert = this.#connection.sql(
        'INSERT OR IGNORE INTO upkeep (host, wake_at, state) VALUES (?, 0, ?)',
      );
      for (const upkeep of upkeeps) insert.run(upkeep.host, JSON.stringify(upkeep));
    });
  }

  forget(hosts: readonly Hostname[]): void {
    this.#connection.transaction(() => {
      for (const host of hosts) this.#connection.sql('DELETE FROM upkeep WHERE host = ?').run(host);
    });
  }

  get(host: Hostname): Upkeep | undefined {
    const row = this.#connection.sql('SELECT state FROM upkeep WHERE host = ?').get(host) as Row | undefined;
    return row && read(row);
  }

  after(host: string, most: number): readonly Upkeep[] {
    const rows = this.#connection
      .sql('SELECT state FROM upkeep WHERE host > ? ORDER BY host LIMIT ?')
      .all(host, most);
    return (rows as unknown as Row[]).map(read);
  }

  alertable(now: number, host: string, most: number): readonly Upkeep[] {
    const rows = this.#connection
      .sql('SELECT state FROM upkeep WHERE alert_at <= ? AND host > ? ORDER BY host LIMIT ?')
      .all(now, host, most);
    return (rows as unknown as Row[]).map(read);
  }

  firstToEnd(most: number): readonly CertificateEnd[] {
    const rows = this.#connection
      .sql(
        'SELECT host, not_after AS notAfter FROM upkeep WHERE not_after IS NOT NULL ORDER BY not_after LIMIT ?',
      )
      .all(most);
    return rows as unknown as CertificateEnd[];
  }

  awake(now: number, most: number): readonly Upkeep[] {
    // Half of those that have a certificate to lose, so that a crowd of new ones does not hide them, and half without.
    const half = (isNew: number) =>
      this.#connection
        .sql(
          'SELECT state FROM upkeep WHERE (not_after IS NULL) = ? AND wake_at <= ? ORDER BY wake_at LIMIT ?',
        )
        .all(isNew, now, Math.ceil(most / 2)) as unknown as Row[];
    return [...half(0), ...half(1)].map(read);
  }

  nextWake(): number | undefined {
    const first = this.#connection.sql('SELECT min(wake_at) AS at FROM upkeep WHERE (not_after IS NULL) = ?');
    const ats = [0, 1].map((isNew) => (first.get(isNew) as { readonly at: number | null }).at);
    const known = ats.filter((at) => at !== null);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  change(host: Hostname, change: (upkeep: Upkeep) => Upkeep): void {
    this.#connection.transaction(() => {
      const upkeep = this.get(host);
      if (upkeep === undefined) return;
      const changed = change(upkeep);
      const state = JSON.stringify(changed);
      const held = renewable(changed);
      const alertAt = held && Math.ceil(alertableFrom(held));
      this.#connection
        .sql('UPDATE upkeep SET state = ?, not_after = ?, alert_at = ?, wake_at = 0 WHERE host = ?')
        .run(state, held?.notAfter ?? null, alertAt ?? null, host);
    });
  }

  note(host: Hostname, change: (upkeep: Upkeep) => Upkeep): void {
    // The log is in order: what is synced later brings this with it, and a lost end of it leaves the file whole.
    this.#connection.database.exec('PRAGMA synchronous = NORMAL');
    try {
      this.change(host, change);
    } finally {
      this.#connection.database.exec('PRAGMA synchronous = FULL');
    }
  }

  wakeAll(): void {
    this.#connection.transaction(() =>
      this.#connection.sql('UPDATE upkeep SET wake_at = 0 WHERE wake_at > 0').run(),
    );
  }

  record({ sleeps = [], spent = {}, standings = {}, orders = 0, keyChanges = {} }: UpkeepChanges): void {
    this.#connection.transaction(() => {
      for (const { host, until } of sleeps) {
        this.#connection.sql('UPDATE upkeep SET wake_at = ? WHERE host = ?').run(Math.ceil(until), host);
      }
      for (const [ca, changes] of Object.entries(spent)) this.#spend(ca, changes);
      for (const [ca, standing] of Object.entries(standings)) {
        const put = 'INSERT OR REPLACE INTO ca (name, standing) VALUES (?, ?)';
        this.#connection.sql(put).run(ca, JSON.stringify(standing));
      }
      for (const [ca, { askedAt, endedAt, why }] of Object.entries(keyChanges)) {
        const put = 'INSERT OR REPLACE INTO key_change (ca, asked_at, ended_at, why) VALUES (?, ?, ?, ?)';
        this.#connection.sql(put).run(ca, askedAt, endedAt ?? null, why);
      }
      if (orders > 0) this.#connection.sql('UPDATE turn SET orders = orders + ?').run(orders);
    });
  }

  standing(ca: string): Standing {
    const row = this.#connection.sql('SELECT standing AS state FROM ca WHERE name = ?').get(ca) as
      | Row
      | undefined;
    return row === undefined ? GOOD_STANDING : (JSON.parse(row.state) as Standing);
  }

  keyChange(ca: string): KeyChange | undefined {
    const row = this.#connection
      .sql('SELECT asked_at AS askedAt, ended_at AS endedAt, why FROM key_change WHERE ca = ?')
      .get(ca) as { askedAt: number; endedAt: number | null; why: string } | undefined;
    return row && { askedAt: row.askedAt, endedAt: row.endedAt ?? undefined, why: row.why };
  }

  ledger(ca: string): Ledger {
    const get = this.#connection.sql('SELECT slots AS state FROM spent WHERE ca = ? AND key = ?');
    return {
      get: (key) => {
        const row = get.get(ca, key) as Row | undefined;
        return row && (JSON.parse(row.state) as Slot[]);
      },
    };
  }

  census(now: number): Census {
    const row = this.#connection
      .sql(
        `SELECT count(*) - count(not_after) AS missing, count(*) FILTER (WHERE not_after <= ?) AS expired,
              count(not_after) AS held, min(not_after) AS first FROM upkeep`,
      )
      .get(now) as { missing: number; expired: number; held: number; first: number | null };
    const { missing, expired, held, first } = row;
    return { valid: held - expired, expired, missing, firstNotAfter: first ?? undefined };
  }

  turn(): number {
    return (this.#connection.sql('SELECT orders FROM turn').get() as { readonly orders: number }).orders;
  }

  close(): void {
    this.#connection.close();
  }

  #spend(ca: string, changes: LedgerChanges): void {
    for (const [key, slots] of changes) {
      if (slots.length === 0) this.#connection.sql('DELETE FROM spent WHERE ca = ? AND key = ?').run(ca, key);
      else {
        const put = 'INSERT OR REPLACE INTO spent (ca, key, slots) VALUES (?, ?, ?)';
        this.#connection.sql(put).run(ca, key, JSON.stringify(slots));
      }
    }
  }
}

function read({ state }: Row): Upkeep {
  return JSON.parse(state) as Upkeep;
}
