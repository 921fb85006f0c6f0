import {
  AUDIT_BEGIN,
  type AuditEntry,
  type AuditHead,
  type AuditLine,
  auditHash,
} from '../../access/audit.ts';
import type { AuditQuery, AuditStore } from '../../access/audit-store.ts';
import type { Hostname } from '../../names/hostname.ts';
import type { StateAccess } from './connection.ts';

/** The audit in the state file. */
export class AuditTable implements AuditStore {
  readonly #file: StateAccess;

  constructor(file: StateAccess) {
    this.#file = file;
  }

  append(entry: AuditEntry): void {
    this.appendAll([entry]);
  }

  appendAll(entries: readonly AuditEntry[]): void {
    if (entries.length === 0) return;
    this.#file.transaction(() => {
      for (const entry of entries) this.appendWithin(entry);
    });
  }

  /** As a part of a transaction, so that what is told is done if and only if it is told. */
  appendWithin(entry: AuditEntry): void {
    const { connection } = this.#file;
    const last = this.head();
    const number = last.number + 1;
    const hash = auditHash(last.hash, number, entry);
    const { at, by, action, domain, before, after, cause } = entry;
    connection
      .sql(
        `INSERT INTO audit (number, at, actor, address, action, domain, before, after, cause, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        ...[number, at, by.name, by.address, action],
        ...[domain ?? null, before ?? null, after ?? null, cause, hash],
      );
    const put =
      last.number === 0
        ? 'INSERT INTO audit_head (number, hash) VALUES (?, ?)'
        : 'UPDATE audit_head SET number = ?, hash = ?';
    connection.sql(put).run(number, hash);
  }

  find(query: AuditQuery): readonly AuditLine[] {
    const { before, most, actor, action, domain, since, until } = query;
    const wanted: readonly (readonly [string, string | number | undefined])[] = [
      ['number < ?', before],
      ['actor = ?', actor],
      ['action = ?', action],
      ['domain = ?', domain],
      ['at >= ?', since],
      ['at < ?', until],
    ];
    const conditions = wanted.flatMap(([condition, value]) =>
      value === undefined ? [] : [{ condition, value }],
    );
    const where = conditions.map(({ condition }) => condition).join(' AND ');
    const rows = this.#file.connection
      .sql(`SELECT * FROM audit WHERE ${where} ORDER BY number DESC LIMIT ?`)
      .all(...conditions.map(({ value }) => value), most);
    return (rows as unknown as AuditRow[]).map(lineOf);
  }

  *lines(): Iterable<AuditLine> {
    const statement = this.#file.connection.database.prepare('SELECT * FROM audit ORDER BY number');
    for (const row of statement.iterate()) yield lineOf(row as unknown as AuditRow);
  }

  head(): AuditHead {
    const row = this.#file.connection.sql('SELECT number, hash FROM audit_head').get();
    return (row as unknown as AuditHead | undefined) ?? { number: 0, hash: AUDIT_BEGIN };
  }
}

interface AuditRow {
  readonly number: number;
  readonly at: number;
  readonly actor: string;
  readonly address: string;
  readonly action: string;
  readonly domain: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly cause: string;
  readonly hash: string;
}

function lineOf({ actor, address, domain, before, after, ...row }: AuditRow): AuditLine {
  return {
    ...row,
    by: { name: actor, address },
    domain: (domain as Hostname | null) ?? undefined,
    before: before ?? undefined,
    after: after ?? undefined,
  };
}
