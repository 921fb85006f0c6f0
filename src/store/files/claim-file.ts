import type { Hostname } from '../../names/hostname.ts';
import type { Claim, ClaimStore } from '../../tenant/claim.ts';
import type { StateAccess } from './connection.ts';

/** Claims in the state file. */
export class ClaimFile implements ClaimStore {
  readonly #file: StateAccess;

  constructor(file: StateAccess) {
    this.#file = file;
  }

  get(domain: Hostname, owner: string): Claim | undefined {
    return this.#read('WHERE domain = ? AND owner = ?', domain, owner)[0];
  }

  open(owner?: string): readonly Claim[] {
    return owner === undefined ? this.#read('') : this.#read('WHERE owner = ?', owner);
  }

  openFor(domain: Hostname): readonly Claim[] {
    return this.#read('WHERE domain = ?', domain);
  }

  put({ domain, owner, challenge, wanted, at, expiresAt, wasAway }: Claim): void {
    const values = [domain, owner, challenge, JSON.stringify(wanted), at, expiresAt, wasAway ? 1 : 0];
    this.#change(
      `INSERT OR REPLACE INTO claim (domain, owner, challenge, wanted, at, expires_at, was_away)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...values,
    );
  }

  drop(domain: Hostname, owner: string): void {
    this.#change('DELETE FROM claim WHERE domain = ? AND owner = ?', domain, owner);
  }

  expire(now: number): void {
    const row = this.#file.connection.sql('SELECT 1 FROM claim WHERE expires_at <= ? LIMIT 1').get(now);
    if (row !== undefined) this.#change('DELETE FROM claim WHERE expires_at <= ?', now);
  }

  close(): void {
    this.#file.close();
  }

  #change(sql: string, ...values: (string | number)[]): void {
    this.#file.transaction(() => this.#file.connection.sql(sql).run(...values));
  }

  #read(where: string, ...values: string[]): readonly Claim[] {
    const rows = this.#file.connection
      .sql(`SELECT * FROM claim ${where} ORDER BY domain, owner`)
      .all(...values);
    return (rows as unknown as Row[]).map(claimOf);
  }
}

interface Row {
  readonly domain: Hostname;
  readonly owner: string;
  readonly challenge: string;
  readonly wanted: string;
  readonly at: number;
  readonly expires_at: number;
  readonly was_away: number;
}

function claimOf({ wanted, expires_at: expiresAt, was_away, ...rest }: Row): Claim {
  return { ...rest, wanted: JSON.parse(wanted), expiresAt, wasAway: was_away === 1 };
}
