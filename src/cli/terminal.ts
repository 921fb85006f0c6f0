import { styleText } from 'node:util';
import { printable } from '../flaws/quote.ts';
import { print } from './printing.ts';
import { type Column, noteLines, type Paint, type Row, tableLines, tableRows } from './table.ts';

// What a file or a pipe is told, should it be asked.
const USUAL_WIDTH = 80;

/** Whether a person reads what is printed. */
export function isTerminal(): boolean {
  return process.stdout.isTTY === true;
}

/** Whether a person can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

export function terminalWidth(): number {
  // A terminal that was told no size says 0.
  return process.stdout.columns || USUAL_WIDTH;
}

/** Colours on a terminal that has them, unless NO_COLOR says no. */
export const paint: Paint = (style, text) => styleText(style, text, { stream: process.stdout });

/**
 * A list: a table on a terminal, and else a line per row, its cells with a tab between. What others wrote can do
 * nothing to the terminal, nor to the lines.
 */
export function printList(columns: readonly Column[], rows: readonly Row[]): void {
  const safe = rows.map(safeRow);
  if (isTerminal()) for (const line of tableLines(columns, safe, terminalWidth(), paint)) print(line);
  else
    for (const { cells, notes = [] } of safe)
      print(
        [...cells, ...notes]
          .map(({ text }) => text)
          .join('\t')
          .trimEnd(),
      );
}

/** Rows without a head, for people. */
export function printRows(rows: readonly Row[]): void {
  for (const line of tableRows(rows.map(safeRow), terminalWidth(), paint)) print(line);
}

/** Sentences on lines of their own, indented. */
export function printNotes(notes: NonNullable<Row['notes']>): void {
  for (const line of noteLines(notes.map(safeCell), terminalWidth(), paint)) print(line);
}

function safeRow({ cells, notes = [] }: Row): Row {
  return { cells: cells.map(safeCell), notes: notes.map(safeCell) };
}

function safeCell<T extends { readonly text: string }>(cell: T): T {
  return { ...cell, text: printable(cell.text) };
}
