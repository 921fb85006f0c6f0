import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Hostname, toUnicode } from '../../names/hostname.ts';

/** Where the tables of a state file are read and written; the connection may be another one each time. */
export interface StateAccess {
  readonly connection: Connection;
  /** Does all of the work, durably, or nothing of it and throws. */
  transaction(work: () => void): void;
  close(): void;
}

/** A database with the statements that were prepared for it, each once. */
export class Connection implements StateAccess {
  readonly database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.database = database;
    database.function('to_unicode', { deterministic: true }, (name) => toUnicode(String(name) as Hostname));
  }

  get connection(): this {
    return this;
  }

  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  transaction(work: () => void): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.database.exec('COMMIT');
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.database.close();
  }
}
