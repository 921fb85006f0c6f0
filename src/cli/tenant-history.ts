import { domainOf, openClient, tenantPath } from './client.ts';
import type { Session } from './config.ts';
import { modeCell, timeCell } from './looks.ts';
import { span } from './moment.ts';
import { printJson } from './printing.ts';
import type { Column, Row } from './table.ts';
import { isTerminal, printList } from './terminal.ts';
import type { ToldRevision } from './told.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NUMBER', align: 'right' },
  { title: 'ID' },
  { title: 'MODE' },
  { title: 'MAX_AGE', align: 'right', drop: 2 },
  { title: 'AT' },
  { title: 'ACTOR', least: 10, drop: 1 },
  { title: 'CAUSE', least: 12, drop: 3 },
];

/** `postseal tenant history`: every revision, the newest first. */
export async function showHistory(
  name: string,
  { json }: { json?: boolean },
  session: Session,
): Promise<void> {
  const api = openClient(session);
  const items: ToldRevision[] = [];
  for await (const item of api.items<ToldRevision>(tenantPath(domainOf(name), '/revisions')))
    items.push(item);
  if (json) printJson({ items });
  else
    printList(
      COLUMNS,
      items.map((item) => rowOf(item, Date.now(), isTerminal())),
    );
}

function rowOf(
  { number, id, policy, at, actor, cause }: ToldRevision,
  now: number,
  isForPeople: boolean,
): Row {
  const { mode, max_age } = policy;
  return {
    cells: [
      { text: `${number}` },
      { text: id },
      modeCell(mode),
      { text: isForPeople ? span(max_age) : `${max_age}` },
      timeCell(at, now, isForPeople),
      { text: actor },
      { text: cause, style: 'dim' },
    ],
  };
}
