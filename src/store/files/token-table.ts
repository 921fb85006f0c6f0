import type { AuditEntry } from '../../access/audit.ts';
import type { Scope } from '../../access/scope.ts';
import type { KeptToken, Token } from '../../access/token.ts';
import type { TokenStore } from '../../access/token-store.ts';
import type { TenantScope } from '../../tenant/desk.ts';
import type { AuditTable } from './audit-table.ts';
import type { StateAccess } from './connection.ts';

/** The tokens in the state file. */
export class TokenTable implements TokenStore {
  readonly #file: StateAccess;
  readonly #audit: AuditTable;

  constructor(file: StateAccess, audit: AuditTable) {
    this.#file = file;
    this.#audit = audit;
  }

  find(id: string): KeptToken | undefined {
    const row = this.#file.connection.sql('SELECT * FROM token WHERE id = ?').get(id);
    return row && tokenOf(row as unknown as TokenRow);
  }

  after(name: string, most: number): readonly Token[] {
    const rows = this.#file.connection
      .sql('SELECT * FROM token WHERE name > ? ORDER BY name LIMIT ?')
      .all(name, most);
    return (rows as unknown as TokenRow[]).map(tokenOf);
  }

  isEmpty(): boolean {
    return this.#file.connection.sql('SELECT 1 FROM token LIMIT 1').get() === undefined;
  }

  add(token: KeptToken, entry: AuditEntry): boolean {
    const { id, name, hash, scope, only, createdAt, createdBy, expiresAt } = token;
    let isAdded = false;
    this.#file.transaction(() => {
      const { connection } = this.#file;
      if (connection.sql('SELECT 1 FROM token WHERE name = ?').get(name) !== undefined) return;
      connection
        .sql(
          `INSERT INTO token (id, name, hash, scope, only, created_at, created_by, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          id,
          name,
          hash,
          scope,
          only ? JSON.stringify(only) : null,
          createdAt,
          createdBy,
          expiresAt ?? null,
        );
      this.#audit.appendWithin(entry);
      isAdded = true;
    });
    return isAdded;
  }

  revoke(id: string, at: number, entry: AuditEntry): void {
    this.#file.transaction(() => {
      const { changes } = this.#file.connection
        .sql('UPDATE token SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
        .run(at, id);
      if (changes > 0) this.#audit.appendWithin(entry);
    });
  }

  used(id: string, at: number): void {
    this.#file.transaction(() => {
      this.#file.connection.sql('UPDATE token SET last_used_at = ? WHERE id = ?').run(at, id);
    });
  }
}

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly scope: string;
  readonly only: string | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
}

function tokenOf(row: TokenRow): KeptToken {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    scope: row.scope as Scope,
    only: row.only === null ? undefined : (JSON.parse(row.only) as TenantScope),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  };
}
