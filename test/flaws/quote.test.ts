import t from 'tap';
import { quote } from '../../src/flaws/quote.ts';
import { readCases } from '../cases.ts';

interface Cases {
  readonly quoted: readonly { text: string; is: string }[];
}
const { quoted } = readCases<Cases>('quote.yaml', import.meta);

t.test('what was written, with the invisible made visible', async (t) => {
  for (const { text, is } of quoted) t.equal(quote(text), is);
  t.equal(quote('\ud800'), '"\\u{d800}"', 'a lone surrogate, which YAML cannot hold');
  t.equal(quote(`${'a'.repeat(79)}😀`), `"${'a'.repeat(79)}\\u{d83d}…"`, 'cut within a character');
});
