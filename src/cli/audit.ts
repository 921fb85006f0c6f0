import { domainOf, openClient } from './client.ts';
import type { Session } from './config.ts';
import { timeCell } from './looks.ts';
import { printJson } from './printing.ts';
import type { Column, Row } from './table.ts';
import { isTerminal, printList } from './terminal.ts';
import type { ToldAuditLine } from './told.ts';

export interface AuditOptions {
  readonly actor?: string;
  readonly action?: string;
  readonly domain?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
  readonly json?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'NUMBER', align: 'right' },
  { title: 'AT' },
  { title: 'ACTOR', least: 10 },
  { title: 'FROM', drop: 2 },
  { title: 'ACTION' },
  { title: 'DOMAIN', least: 12 },
  { title: 'CAUSE', least: 10, drop: 1 },
];

/** `postseal audit list`: who did what, the newest first. */
export async function listAudit(options: AuditOptions, session: Session): Promise<void> {
  const { limit, json, domain, ...query } = options;
  const wanted = { ...query, ...(domain !== undefined && { domain: domainOf(domain) }) };
  const items: ToldAuditLine[] = [];
  for await (const item of openClient(session).items<ToldAuditLine>('/audit', wanted)) {
    if (items.length === limit) break;
    items.push(item);
  }
  if (json) printJson({ items });
  else
    printList(
      COLUMNS,
      items.map((item) => rowOf(item, Date.now(), isTerminal())),
    );
}

function rowOf(item: ToldAuditLine, now: number, isForPeople: boolean): Row {
  const { number, at, actor, address, action, domain, cause } = item;
  return {
    cells: [
      { text: `${number}`, style: 'dim' },
      timeCell(at, now, isForPeople),
      { text: actor },
      { text: address, style: 'dim' },
      { text: action },
      { text: domain ?? '-' },
      { text: cause, style: 'dim' },
    ],
  };
}
