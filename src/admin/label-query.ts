import { flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { quote } from '../flaws/quote.ts';

/** Labels as a query has them, `key:value` each. */
export function readLabels(texts: readonly string[]): Parsed<Readonly<Record<string, string>>> {
  const pairs = texts.map((text) => /^([^:]+):(.*)$/s.exec(text));
  const bad = pairs.indexOf(null);
  if (bad >= 0) {
    const message = `${quote(texts[bad] ?? '')} is no label`;
    return flawed({ path: 'label', message, remedy: 'Write key:value, such as customer:42' });
  }
  if (new Set(pairs.map((pair) => pair?.[1])).size < pairs.length) {
    const remedy = 'Ask for one value of each key';
    return flawed({ path: 'label', message: 'A key is there twice, and no tenant has both', remedy });
  }
  return parsed(Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? ''])));
}
