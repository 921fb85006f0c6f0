import type { Flaw } from '../../flaws/flaw.ts';
import type { Hostname } from '../../names/hostname.ts';
import type { Held } from '../../tenant/store.ts';
import type { Connection } from './connection.ts';

/** The part of the state file that holds documents whose policy was taken back. */
export function hold(connection: Connection, { domain, digest, flaw }: Held): void {
  const put = 'INSERT OR REPLACE INTO held (domain, digest, flaw) VALUES (?, ?, ?)';
  connection.sql(put).run(domain, digest, JSON.stringify(flaw));
}

export function release(connection: Connection, domain: Hostname): void {
  connection.sql('DELETE FROM held WHERE domain = ?').run(domain);
}

export function heldFor(connection: Connection, domain: Hostname): Held | undefined {
  const row = connection.sql('SELECT digest, flaw FROM held WHERE domain = ?').get(domain);
  if (row === undefined) return undefined;
  const { digest, flaw } = row as { readonly digest: string; readonly flaw: string };
  return { domain, digest, flaw: JSON.parse(flaw) as Flaw };
}
