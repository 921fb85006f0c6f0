import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Extension } from '../../src/policy/extension.ts';
import { parsePolicyId } from '../../src/policy/policy-id.ts';
import { formatRecord, parseRecord, selectRecord } from '../../src/policy/record.ts';
import { goodValue, readCases } from '../cases.ts';
import { holds } from '../property.ts';

interface Cases {
  readonly good: readonly { text: string; id: string; extensions?: readonly Extension[] }[];
  readonly bad: readonly { text: string; says: string }[];
  readonly selections: readonly { txts: readonly (readonly string[])[]; id?: string; why?: string }[];
}
const cases = readCases<Cases>('record.yaml', import.meta);

t.test('records', async (t) => {
  for (const { text, id, extensions = [] } of cases.good) {
    t.same(parseRecord(text), { ok: true, value: { id, extensions } }, text);
  }
});

t.test('what is no record', async (t) => {
  for (const { text, says } of cases.bad) {
    const record = parseRecord(text);
    t.ok(!record.ok && record.flaws.some(({ message }) => message.includes(says)), JSON.stringify(text));
  }
});

t.test('what a sender picks among TXT records', async (t) => {
  for (const { txts, id, why } of cases.selections) {
    const selection = selectRecord(txts);
    const found = selection.found === 'record' ? selection.record.id : selection.why.message;
    if (why === undefined) t.equal(found, id, JSON.stringify(txts));
    else t.ok(selection.found === 'none' && found.includes(why), `${JSON.stringify(txts)}: ${found}`);
  }
});

t.test('what we announce is one spelling, and reads back', async (t) => {
  t.equal(
    formatRecord(goodValue(parsePolicyId('20261122T190650Z5f3a9c1e'))),
    'v=STSv1; id=20261122T190650Z5f3a9c1e;',
  );
  holds(
    t,
    fc.property(fc.stringMatching(/^[A-Za-z\d]{1,32}$/), fc.nat(60), (text, cut) => {
      const id = goodValue(parsePolicyId(text));
      const record = formatRecord(id);
      const expected = { found: 'record', record: { id, extensions: [] } };
      assert.deepEqual(selectRecord([[record.slice(0, cut), record.slice(cut)], ['other']]), expected);
    }),
  );
});

t.test('any text is read or refused, in little time', async (t) => {
  const pieces = fc.constantFrom('v=STSv1', ';', ' ', '\t', 'id=', 'a', '=', '-', 'ü');
  holds(
    t,
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: pieces })), (text) => {
      const record = parseRecord(text);
      assert.ok(record.ok ? parsePolicyId(record.value.id).ok : record.flaws.length > 0);
    }),
  );
  t.notOk(parseRecord(`v=STSv1;${' '.repeat(65_000)}x`).ok);
});
