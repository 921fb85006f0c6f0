import { type Figure, ratioOf } from './figure.ts';
import type { Machine } from './machine.ts';
import { nginxTuned } from './servers/nginx.ts';

export interface Report {
  readonly machine: Machine;
  readonly figures: readonly (Figure & {
    readonly ratio: number | null;
    readonly ratioToTuned: number | null;
  })[];
}

export function reportOf(machine: Machine, figures: readonly Figure[]): Report {
  const rated = figures.map((figure) => ({
    ...figure,
    ratio: ratioOf(figure, figures),
    ratioToTuned: ratioOf(figure, figures, nginxTuned.name),
  }));
  return { machine, figures: rated };
}

const HEADS = ['case', 'server', 'figure', 'median', 'spread', 'ratio', 'to tuned', 'errors', 'notes'];

/** The report as a table of Markdown. */
export function tableOf({ machine, figures }: Report): string {
  const rows = figures.map((figure) => [
    figure.case,
    figure.server,
    figure.what,
    figure.value === null ? '–' : `${shown(figure.value)} ${figure.unit}`,
    spreadOf(figure),
    figure.ratio?.toFixed(2) ?? '',
    figure.ratioToTuned?.toFixed(2) ?? '',
    String(figure.errors),
    figure.notes.join(', '),
  ]);
  const { processor, processors, memoryGiB, kernel, node, nginx, commit } = machine;
  const facts = `${processor}, ${processors} processors, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, ${nginx}, ${commit}`;
  return `${facts}\n\n${lined([HEADS, HEADS.map(() => ''), ...rows])}`;
}

/** The least and the most of the rounds. */
function spreadOf({ rounds }: Figure): string {
  return rounds.length < 2 ? '' : `${shown(Math.min(...rounds))} to ${shown(Math.max(...rounds))}`;
}

function shown(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function lined(rows: readonly (readonly string[])[]): string {
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[], fill: string) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`;
  return rows.map((row, index) => line(row, index === 1 ? '-' : ' ')).join('\n');
}
