import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Health } from '../../src/app/operations/health.ts';
import { fetchPlain, fetchPolicy } from '../server/request.ts';
import type { Home, Server } from '../server/server.ts';

/** What a strict sender gets of a domain: the policy text, or the code of what went wrong. */
export async function served(server: Server, { root }: Pick<Home, 'root'>, domain: string): Promise<string> {
  try {
    const { status, body } = await fetchPolicy(server.https, { name: `mta-sts.${domain}`, root });
    return status === 200 ? body : `status ${status}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

export async function readHealth(server: Server): Promise<Health> {
  return JSON.parse((await fetchPlain(server.metrics, '/readyz')).body);
}

/** The value of a metric without labels. */
export async function readMetric(server: Server, name: string): Promise<number> {
  const { body } = await fetchPlain(server.metrics, '/metrics');
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(body)?.[1]);
}

export interface RevisionRow {
  readonly domain: string;
  readonly number: number;
  readonly id: string;
  readonly text: string;
  readonly served_from: number;
  readonly served_until: number | null;
}

/** All revisions in the state file. */
export function revisionsOf(home: Home): readonly RevisionRow[] {
  const database = new DatabaseSync(join(home.state, 'state.sqlite'), { readOnly: true });
  try {
    const rows = database.prepare('SELECT * FROM revision ORDER BY domain, number').all();
    return rows as unknown as RevisionRow[];
  } finally {
    database.close();
  }
}

/** The newest text of each domain in the state file. */
export function newestTexts(home: Home): Map<string, string> {
  const database = new DatabaseSync(join(home.state, 'state.sqlite'), { readOnly: true });
  try {
    const rows = database
      .prepare('SELECT domain, text FROM tenant JOIN revision USING (domain) WHERE number = tenant.revision')
      .all() as unknown as readonly RevisionRow[];
    return new Map(rows.map(({ domain, text }) => [domain, text]));
  } finally {
    database.close();
  }
}
