import { timeCell } from './looks.ts';
import { printJson } from './printing.ts';
import type { Column, Note, Row, Style } from './table.ts';
import { isTerminal, printList } from './terminal.ts';

/** The certificate of a host, as it is listed. */
export interface ListedCertificate {
  readonly host: string;
  readonly state: 'valid' | 'ending' | 'expired' | 'none';
  readonly issuer: string | null;
  readonly notAfter: string | null;
  readonly renewAt: string | null;
  /** What went wrong last, or what is waited for; empty where nothing is amiss. */
  readonly why: string;
  /** What to do about it, with the record to set; empty where there is nothing to do. */
  readonly remedy: string;
}

const COLUMNS: readonly Column[] = [
  { title: 'HOST', least: 24 },
  { title: 'STATE' },
  { title: 'CA', least: 10, drop: 2 },
  { title: 'ENDS' },
  { title: 'RENEWS', drop: 1 },
];
const STATES: Readonly<Record<ListedCertificate['state'], Style>> = {
  valid: 'green',
  ending: 'yellow',
  expired: 'red',
  none: 'yellow',
};

export function printCertificates(items: readonly ListedCertificate[], { json }: { json?: boolean }): void {
  const [now, isForPeople] = [Date.now(), isTerminal()];
  if (json) printJson({ items });
  else
    printList(
      COLUMNS,
      items.map((item) => rowOf(item, now, isForPeople)),
    );
}

function rowOf(item: ListedCertificate, now: number, isForPeople: boolean): Row {
  const { host, state, issuer, notAfter, renewAt, why, remedy } = item;
  const cells = [
    { text: host },
    { text: state, style: STATES[state] },
    { text: issuer ?? '-' },
    timeCell(notAfter, now, isForPeople),
    timeCell(renewAt, now, isForPeople),
  ];
  // Elsewhere than on a terminal each has its place.
  if (!isForPeople) return { cells: [...cells, { text: why }, { text: remedy }] };
  const notes: Note[] = [
    { text: why, style: 'yellow', mark: '!' },
    { text: remedy, mark: '→' },
  ];
  return { cells, notes: notes.filter(({ text }) => text !== '') };
}
