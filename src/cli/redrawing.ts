import { stripVTControlCharacters } from 'node:util';
import { textWidth } from './text-width.ts';

/** Lines on stderr, a terminal, that are drawn again in the place of those before. */
export class Redrawing {
  #drawn: readonly string[] = [];

  draw(lines: readonly string[]): void {
    if (lines.join('\n') === this.#drawn.join('\n')) return;
    const up = rowsOf(this.#drawn);
    // Up to the first line, and all below it away.
    const back = up === 0 ? '' : `\u001b[${up}A\r\u001b[0J`;
    process.stderr.write(`${back}${lines.join('\n')}\n`);
    this.#drawn = lines;
  }
}

/** Rows of the terminal that lines take: a word that is wider than it takes several. */
function rowsOf(lines: readonly string[]): number {
  const columns = process.stderr.columns ?? 80;
  const rows = lines.map((line) =>
    Math.max(1, Math.ceil(textWidth(stripVTControlCharacters(line)) / columns)),
  );
  return rows.reduce((sum, count) => sum + count, 0);
}
