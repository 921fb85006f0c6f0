import type { Hostname } from '../../names/hostname.ts';
import type { TenantQuery, TenantScope, TenantSummary } from '../../tenant/desk.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import type { Connection } from './connection.ts';

/** What the state file itself tells of a tenant. */
type Row = Omit<TenantSummary, 'flaws'>;

const STAGE = '(SELECT stage FROM publication WHERE publication.domain = tenant.domain)';
const COLUMNS = `tenant.domain AS domain, tenant.mode AS mode, max_age, number AS revision, id, at,
  ${STAGE} AS stage,
  (SELECT json_group_object(name, value) FROM label WHERE label.domain = tenant.domain) AS labels`;
const NEWEST = 'revision ON revision.domain = tenant.domain AND number = tenant.revision';

/** A condition with the values for its question marks. */
interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** One page. It begins where the page before ended and stops when it is full, so that no page costs more with more tenants. */
export function listTenants(connection: Connection, query: TenantQuery): readonly Row[] {
  const [first, ...labels] = Object.entries(query.labels ?? {});
  const conditions: Condition[] = [
    { sql: 'left_at IS NULL', values: [] },
    ...labels.map(([name, value]) => hasLabel(name, value)),
    ...(query.mode === undefined ? [] : [{ sql: 'tenant.mode = ?', values: [query.mode] }]),
    ...(query.stage === undefined ? [] : [{ sql: `${STAGE} = ?`, values: [query.stage] }]),
    ...(query.name === undefined ? [] : [namePiece(query.name)]),
    ...(query.only === undefined ? [] : [inScope(query.only)]),
  ];
  // Where a label is asked for, its index leads, for few tenants may have it.
  const from = first === undefined ? 'tenant' : 'label AS first CROSS JOIN tenant USING (domain)';
  const start: Condition =
    first === undefined
      ? { sql: 'tenant.domain > ?', values: [query.after] }
      : { sql: 'first.name = ? AND first.value = ? AND first.domain > ?', values: [...first, query.after] };
  const all = [start, ...conditions];
  const where = all.map(({ sql }) => sql).join(' AND ');
  const order = first === undefined ? 'tenant.domain' : 'first.domain';
  const rows = connection
    .sql(`SELECT ${COLUMNS} FROM ${from} CROSS JOIN ${NEWEST} WHERE ${where} ORDER BY ${order} LIMIT ?`)
    .all(...all.flatMap(({ values }) => values), query.limit);
  return rows.map(rowOf);
}

export function summaryOf(connection: Connection, domain: Hostname): Row | undefined {
  const row = connection
    .sql(`SELECT ${COLUMNS} FROM tenant JOIN ${NEWEST} WHERE tenant.domain = ? AND left_at IS NULL`)
    .get(domain);
  return row && rowOf(row);
}

export function labelsOf(connection: Connection, domain: Hostname): Tenant['labels'] {
  const rows = connection.sql('SELECT name, value FROM label WHERE domain = ? ORDER BY name').all(domain);
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

function hasLabel(name: string, value: string): Condition {
  return {
    sql: 'EXISTS (SELECT 1 FROM label WHERE label.domain = tenant.domain AND name = ? AND value = ?)',
    values: [name, value],
  };
}

function namePiece(piece: string): Condition {
  const lower = piece.toLowerCase();
  // In its own script a name is shown to people, and so searched by them.
  const isAscii = /^[\0-\x7f]*$/.test(lower);
  const shown =
    "CASE WHEN instr(tenant.domain, 'xn--') THEN to_unicode(tenant.domain) ELSE tenant.domain END";
  return { sql: `instr(${isAscii ? 'tenant.domain' : shown}, ?) > 0`, values: [lower] };
}

function inScope({ domains, labels }: TenantScope): Condition {
  const pairs = Object.entries(labels);
  const byLabel = pairs.map(() => ' UNION SELECT domain FROM label WHERE name = ? AND value = ?').join('');
  return {
    sql: `tenant.domain IN (SELECT value FROM json_each(?)${byLabel})`,
    values: [JSON.stringify(domains), ...pairs.flat()],
  };
}

function rowOf(row: Record<string, unknown>): Row {
  return { ...row, labels: JSON.parse(String(row.labels)) } as Row;
}
