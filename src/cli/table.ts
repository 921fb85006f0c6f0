import { cut, padEnd, padStart, textWidth, wrap } from './text-width.ts';

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

/** Gives a text its look, or leaves it as it is where there is no terminal to show it. */
export type Paint = (style: Style, text: string) => string;

export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly align?: 'right';
  /** It may be cut down to so many cells where the terminal is narrow; without this it is shown as a whole. */
  readonly least?: number;
  /** Left out where the terminal is too narrow, the highest first; without this it stays. */
  readonly drop?: number;
}

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

/** A sentence of its own. */
export interface Note extends Cell {
  /** A sign that it begins with, in the place of two spaces; all of its lines stand to the right of it. */
  readonly mark?: string;
}

export interface Row {
  readonly cells: readonly Cell[];
  /** Sentences below the row. */
  readonly notes?: readonly Note[];
}

const GAP = '  ';
const INDENT = '    ';

/** Lines of a table that is no wider than told, as far as its columns allow. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly Row[],
  width: number,
  paint: Paint,
): readonly string[] {
  const natural = columns.map(({ title }, index) =>
    Math.max(textWidth(title), ...rows.map(({ cells }) => textWidth(cells[index]?.text ?? ''))),
  );
  const shown = fitting(columns, natural, width);
  const widths = shrunk(columns, natural, shown, width);
  const line = (cells: readonly Cell[]) => {
    const texts = shown.map((index, place) => {
      const { text = '', style } = cells[index] ?? {};
      const fitted = cut(text, widths[index] ?? 0);
      const isLast = place === shown.length - 1;
      const isRight = columns[index]?.align === 'right';
      // Nothing is filled up at the line's end.
      const pad = isRight ? padStart : isLast ? (whole: string) => whole : padEnd;
      const padded = pad(fitted, widths[index] ?? 0);
      return style === undefined ? padded : paint(style, padded);
    });
    return texts.join(GAP).trimEnd();
  };
  const head = line(columns.map(({ title }) => ({ text: title, style: 'dim' })));
  return [head, ...rows.flatMap(({ cells, notes = [] }) => [line(cells), ...noteLines(notes, width, paint)])];
}

/** Rows without a head, their columns as wide as they need. */
export function tableRows(rows: readonly Row[], width: number, paint: Paint): readonly string[] {
  const columns = (rows[0]?.cells ?? []).map(() => ({ title: '' }));
  return tableLines(columns, rows, width, paint).slice(1);
}

/** Sentences, wrapped at the terminal's width. */
export function noteLines(notes: readonly Note[], width: number, paint: Paint): readonly string[] {
  return notes.flatMap(({ text, style, mark = '' }) =>
    wrap(text, width - INDENT.length).map((line, index) => {
      const begin = INDENT.slice(GAP.length) + padEnd(index === 0 ? mark : '', GAP.length);
      return style === undefined ? begin + line : paint(style, begin + line);
    }),
  );
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);
}

/** The columns that are shown, by their index: as many as fit when each is as narrow as it may be. */
function fitting(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const least = (index: number) => Math.min(natural[index] ?? 0, columns[index]?.least ?? Number.MAX_VALUE);
  let shown = columns.map((_, index) => index);
  while (total(shown.map(least)) > width) {
    const drops = shown.map((index) => columns[index]?.drop ?? 0);
    const highest = Math.max(...drops);
    if (highest === 0) break;
    shown = shown.filter((index) => columns[index]?.drop !== highest);
  }
  return shown;
}

/** Takes what is too much from those that may be cut, the widest first. */
function shrunk(
  columns: readonly Column[],
  natural: readonly number[],
  shown: readonly number[],
  width: number,
): readonly number[] {
  const widths = [...natural];
  const room = (index: number) => (widths[index] ?? 0) - (columns[index]?.least ?? Number.MAX_VALUE);
  for (let over = total(shown.map((index) => widths[index] ?? 0)) - width; over > 0; over -= 1) {
    const [widest] = shown
      .filter((index) => room(index) > 0)
      .toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
