import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { quoteText, unquoteText } from '../../src/announce/quoted-text.ts';
import { decoded, elements, escapeXml, textOf } from '../../src/announce/xml.ts';
import { zonesAbove } from '../../src/announce/zones-above.ts';
import { holds } from '../property.ts';

const ascii = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) });

t.test('a text in quotes is read as it was', async (t) => {
  holds(
    t,
    fc.property(fc.array(ascii, { maxLength: 40 }), (parts) => {
      const text = parts.join('');
      const quoted = quoteText(text);
      assert.equal(unquoteText(quoted), text);
      assert.match(quoted, /^"([^"\\]|\\.){0,255}"( "([^"\\]|\\.){0,255}")*$/);
    }),
  );
  for (const [written, text] of [
    ['v=STSv1; id=1;', 'v=STSv1; id=1;'],
    ['"a" "b"', 'ab'],
    [' "a"\t"b" ', 'ab'],
    ['"a\\032b\\"c"', 'a b"c'],
    ['""', ''],
    ['', ''],
  ] as const) {
    t.equal(unquoteText(written), text, written);
  }
});

t.test('elements and what they say', async (t) => {
  holds(
    t,
    fc.property(fc.string(), (text) => {
      assert.equal(decoded(escapeXml(text)), text);
      assert.equal(textOf(`<A x="1"><B>${escapeXml(text)}</B></A>`, 'B'), text);
    }),
  );
  t.same(elements('<Sets><Set>1</Set><Set a="b">2</Set></Sets>', 'Set'), ['1', '2']);
  t.same(elements('<Set>1', 'Set'), []);
  t.equal(decoded('&quot;&#34;&#x22;&apos;&nonsense;&#x110000;'), '"""\'&nonsense;&#x110000;');
});

t.test('the zones that a name can lie in', async (t) => {
  t.same(zonesAbove('a.b.c'), ['a.b.c', 'b.c', 'c']);
});
