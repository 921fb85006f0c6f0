import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import t from 'tap';
import { createProgram } from '../../src/cli/commands.ts';
import { EXIT } from '../../src/cli/printing.ts';

const TEXT = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

t.test('docs/cli.md has every command as its help has it, and no other', async (t) => {
  const headings = [...TEXT.matchAll(/^### `(.*)`$/gm)].map(([, usage = '']) => usage.split(' [--')[0]);
  t.same(
    headings.toSorted(),
    leaves(createProgram(() => {}))
      .map(usageOf)
      .sort(),
  );
});

t.test('and every option', async (t) => {
  for (const command of leaves(createProgram(() => {}))) {
    const heading = [...TEXT.matchAll(/^### `(.*)`$/gm)].find(
      ([, usage]) => usage?.split(' [--')[0] === usageOf(command),
    );
    const told = [...(heading?.[1] ?? '').matchAll(/\[(--[^\]]+)\]/g)].map(([, option]) => option);
    const known = command.options.map(({ flags }) => flags.replace(/^-\w, /, ''));
    t.same(told.sort(), known.sort(), usageOf(command));
  }
});

t.test('and the exit codes', async (t) => {
  const told = [...TEXT.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  t.same(told, Object.values(EXIT));
});

function leaves(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function usageOf(command: Command): string {
  const names: string[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent) names.unshift(each.name());
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [...names, ...args].join(' ');
}
