import t from 'tap';
import { fromNow, minute, span } from '../../src/cli/moment.ts';
import { type Column, tableLines } from '../../src/cli/table.ts';
import { readCases } from '../cases.ts';

interface Case {
  readonly why: string;
  readonly width: number;
  readonly columns: readonly Column[];
  readonly rows: readonly { readonly cells: readonly string[]; readonly notes?: readonly string[] }[];
  readonly lines: readonly string[];
}
const { tables } = readCases<{ tables: readonly Case[] }>('table.yaml', import.meta);
const cellOf = (text: string) => ({ text });

for (const { why, width, columns, rows, lines } of tables) {
  t.test(why, async (t) => {
    const told = rows.map(({ cells, notes = [] }) => ({
      cells: cells.map(cellOf),
      notes: notes.map(cellOf),
    }));
    t.same(
      tableLines(columns, told, width, (_, text) => text),
      lines,
    );
  });
}

t.test('colours take no room', async (t) => {
  const rows = [{ cells: [{ text: 'a', style: 'green' as const }, { text: 'b' }] }];
  const columns = [{ title: 'ONE' }, { title: 'TWO' }];
  const lines = tableLines(columns, rows, 80, (style, text) => `<${style}>${text}</>`);
  t.same(lines, ['<dim>ONE</>  <dim>TWO</>', '<green>a  </>  b']);
});

t.test('times and spans, as people say them', async (t) => {
  const now = Date.UTC(2026, 10, 22, 19, 6, 50);
  const hour = 3_600_000;
  const times = [0, -1_000, -20_000, 80_000, 89_999, 3 * hour, -36 * hour, 47 * 24 * hour, 800 * 24 * hour];
  t.same(
    times.map((distance) => fromNow(now + distance, now)),
    [
      ...['now', 'now', '20 seconds ago', 'in 80 seconds', 'in 90 seconds', 'in 3 hours', '2 days ago'],
      ...['in 2 months', 'in 2 years'],
    ],
  );
  t.same([0, 1, 90, 3600, 86_400, 604_800, 1_209_600, 31_557_600].map(span), [
    ...['0 seconds', '1 second', '90 seconds', '1 hour', '1 day', '1 week', '2 weeks', '8766 hours'],
  ]);
  t.equal(minute(now), '2026-11-22 19:06 UTC');
});
