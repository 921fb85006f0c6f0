import { openClient } from './client.ts';
import type { Session } from './config.ts';
import { labelsText, modeCell, stageCell, timeCell } from './looks.ts';
import { span } from './moment.ts';
import { printJson } from './printing.ts';
import type { Column, Row } from './table.ts';
import { isTerminal, printList } from './terminal.ts';
import type { ToldSummary } from './told.ts';

export interface ListOptions {
  readonly name?: string;
  readonly mode?: string;
  readonly stage?: string;
  readonly label?: readonly string[];
  readonly json?: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'DOMAIN', least: 16 },
  { title: 'MODE' },
  { title: 'MAX_AGE', align: 'right', drop: 2 },
  { title: 'STAGE' },
  { title: 'ID', drop: 4 },
  { title: 'CHANGED', drop: 1 },
  { title: 'LABELS', least: 8, drop: 3 },
];

/** `postseal tenant list`. */
export async function listTenants({ json, label, ...query }: ListOptions, session: Session): Promise<void> {
  const api = openClient(session);
  const labels = label?.map((each) => each.replace('=', ':'));
  const items: ToldSummary[] = [];
  const wanted = { ...query, ...(labels !== undefined && { label: labels }) };
  for await (const item of api.items<ToldSummary>('/tenants', wanted)) items.push(item);
  if (json) printJson({ items });
  else
    printList(
      COLUMNS,
      items.map((item) => rowOf(item, Date.now(), isTerminal())),
    );
}

function rowOf(item: ToldSummary, now: number, isForPeople: boolean): Row {
  const { domain, mode, max_age, stage, id, at, labels, flaws } = item;
  return {
    cells: [
      { text: domain },
      modeCell(mode),
      { text: isForPeople ? span(max_age) : `${max_age}` },
      stageCell(stage),
      { text: id, style: 'dim' },
      timeCell(at, now, isForPeople),
      { text: labelsText(labels), style: 'dim' },
    ],
    notes: flaws.map(({ path, message }) => {
      return { text: `${path === '' ? 'document' : path}: ${message}`, style: 'red' };
    }),
  };
}
