import type { Hostname } from '../../names/hostname.ts';
import type { Intent } from '../../tenant/intent.ts';
import type { Connection } from './connection.ts';

/** The part of the state file that holds what somebody is about to change. */
export function intend(connection: Connection, intents: readonly Intent[]): void {
  const put = connection.sql(
    `INSERT OR REPLACE INTO intent (domain, digest, actor, address, cause, at, leaves)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { domain, digest, actor, address, cause, at, leaves } of intents) {
    put.run(domain, digest, actor, address, cause, at, leaves ? 1 : 0);
  }
}

/** One to leave is kept until the document is removed. */
export function fulfil(connection: Connection, domains: readonly Hostname[]): void {
  for (const domain of domains) {
    connection.sql('DELETE FROM intent WHERE domain = ? AND NOT leaves').run(domain);
    connection.sql('UPDATE intent SET is_done = 1 WHERE domain = ?').run(domain);
  }
}

export function intentFor(connection: Connection, domain: Hostname): Intent | undefined {
  const row = connection.sql('SELECT * FROM intent WHERE domain = ?').get(domain);
  return row && intentOf(row as unknown as IntentRow);
}

export function intentsToLeave(connection: Connection): readonly Intent[] {
  const rows = connection.sql('SELECT * FROM intent WHERE leaves').all();
  return (rows as unknown as IntentRow[]).map(intentOf);
}

export function forgetIntents(connection: Connection, domains: readonly Hostname[]): void {
  const remove = connection.sql('DELETE FROM intent WHERE domain = ?');
  for (const domain of domains) remove.run(domain);
}

type IntentRow = Omit<Intent, 'leaves' | 'isDone'> & { readonly leaves: number; readonly is_done: number };

function intentOf(row: IntentRow): Intent {
  const { leaves, is_done, ...intent } = row;
  return { ...intent, leaves: leaves === 1, isDone: is_done === 1 };
}
