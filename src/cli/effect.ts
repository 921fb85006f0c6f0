import type { Flaw } from '../flaws/flaw.ts';
import { print } from './printing.ts';
import type { Note, Style } from './table.ts';
import { paint, printNotes } from './terminal.ts';
import type { ToldEffect } from './told.ts';

const LINES: Readonly<Record<string, Style>> = { '+': 'green', '-': 'red' };

/** What a change does, or would do, for people. */
export function printEffect({ diff, warnings, senders }: ToldEffect): void {
  print('');
  const lines = diff.split(/\r?\n/).filter((each) => each !== '' && !/^(---|\+\+\+|@@)/.test(each));
  for (const line of lines) {
    const spaced = `  ${line.slice(0, 1)} ${line.slice(1)}`;
    const style = LINES[line[0] ?? ''];
    print(style === undefined ? spaced : paint(style, spaced));
  }
  if (lines.length === 0) printNotes([{ text: 'Nothing changes for senders', mark: '=' }]);
  printWarnings(warnings);
  if (senders.length > 0) print('');
  printNotes(senders.map((text) => ({ text, mark: '•' })));
  print('');
}

/** What is lawful yet risky, or what is odd outside, each with what to do about it. */
export function printWarnings(flaws: readonly Flaw[]): void {
  if (flaws.length > 0) print('');
  printNotes(
    flaws.flatMap(({ path, message, remedy }): Note[] => [
      { text: `${path === '' ? '' : `${path}: `}${message}`, style: 'yellow', mark: '!' },
      { text: remedy, style: 'dim', mark: '→' },
    ]),
  );
}
