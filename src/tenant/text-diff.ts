/** A unified diff of two texts as one hunk with all their lines; empty where they are the same. */
export function textDiff(before: string, after: string): string {
  if (before === after) return '';
  const [old, young] = [linesOf(before), linesOf(after)];
  const hunk = `@@ -${rangeOf(old)} +${rangeOf(young)} @@`;
  return `${[hunk, ...changes(old, young)].join('\n')}\n`;
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).slice(0, -1);
}

function rangeOf({ length }: readonly string[]): string {
  return length === 0 ? '0,0' : `1,${length}`;
}

function changes(old: readonly string[], young: readonly string[]): string[] {
  const start = common(old, young);
  const rest = Math.min(old.length, young.length) - start;
  const end = Math.min(rest, common(old.toReversed(), young.toReversed()));
  const middle = merged(old.slice(start, old.length - end), young.slice(start, young.length - end));
  const same = (lines: readonly string[]) => lines.map((line) => ` ${line}`);
  return [...same(old.slice(0, start)), ...middle, ...same(old.slice(old.length - end))];
}

function common(one: readonly string[], two: readonly string[]): number {
  const differs = one.findIndex((line, index) => line !== two[index]);
  return differs < 0 ? one.length : differs;
}

/** What both have stays where the order of the old text has it; the lines of a policy are few, or mostly new. */
function merged(old: readonly string[], young: readonly string[]): string[] {
  const lines: string[] = [];
  let next = 0;
  for (const line of young) {
    const place = old.indexOf(line, next);
    if (place < 0) {
      lines.push(`+${line}`);
      continue;
    }
    lines.push(...old.slice(next, place).map((gone) => `-${gone}`), ` ${line}`);
    next = place + 1;
  }
  return [...lines, ...old.slice(next).map((gone) => `-${gone}`)];
}
