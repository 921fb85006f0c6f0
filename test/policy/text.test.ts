import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Policy } from '../../src/policy/policy.ts';
import { formatPolicyText, parsePolicyText } from '../../src/policy/text.ts';
import { type ExpectedFlaw, foundFlaws, goodValue, readCases } from '../cases.ts';
import { holds } from '../property.ts';
import { policies } from './arbitraries.ts';

interface Cases {
  readonly plain: Policy;
  readonly good: readonly { name: string; text: string; policy?: Policy }[];
  readonly bad: readonly { name: string; text: string; flaws: readonly ExpectedFlaw[] }[];
  readonly octets: readonly { name: string; base64: string; says: string }[];
}
const cases = readCases<Cases>('text.yaml', import.meta);
const octetsOf = (text: string) => new TextEncoder().encode(text);

t.test('texts that a sender must accept', async (t) => {
  for (const { name, text, policy = cases.plain } of cases.good) {
    t.strictSame(parsePolicyText(text), { ok: true, value: policy }, name);
    t.strictSame(parsePolicyText(octetsOf(text)), { ok: true, value: policy }, `${name}, as octets`);
    const written = formatPolicyText(goodValue(parsePolicyText(text)));
    t.strictSame(parsePolicyText(written), { ok: true, value: policy }, `${name}, written again`);
  }
});

t.test('what is no policy text', async (t) => {
  for (const { name, text, flaws } of cases.bad) {
    t.same(foundFlaws(parsePolicyText(text), flaws), flaws, name);
    t.same(foundFlaws(parsePolicyText(octetsOf(text)), flaws), flaws, `${name}, as octets`);
  }
});

t.test('octets that are no policy text', async (t) => {
  for (const { name, base64, says } of cases.octets) {
    const expected = [{ path: '', says }];
    t.same(foundFlaws(parsePolicyText(Buffer.from(base64, 'base64')), expected), expected, name);
  }
  t.notOk(parsePolicyText('version: STSv1\nmode: none\nmax_age: 1\na: \ud800\n').ok, 'a lone surrogate');
});

t.test('what we write has one spelling', async (t) => {
  const text = 'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\nx: y\r\n';
  const policy = { ...cases.plain, extensions: [{ name: 'x', value: 'y' }] };
  t.equal(formatPolicyText(policy), text);
});

t.test('a text has at most 65536 octets', async (t) => {
  const text = 'version: STSv1\r\nmode: none\r\nmax_age: 1\r\na: ü';
  const room = 65536 - octetsOf(text).length;
  t.ok(parsePolicyText(text + 'b'.repeat(room)).ok);
  t.notOk(parsePolicyText(text + 'b'.repeat(room + 1)).ok);
  t.notOk(parsePolicyText(octetsOf(text + 'b'.repeat(room + 1))).ok);
});

t.test('of a hostile text not every flaw is told', async (t) => {
  const found = parsePolicyText('\n'.repeat(65536));
  t.ok(!found.ok && found.flaws.length <= 100);
  t.notOk(parsePolicyText(`a:${' '.repeat(65000)}`).ok);
});

t.test('every policy written reads back as itself', async (t) => {
  holds(
    t,
    fc.property(policies(), (policy) => {
      const text = formatPolicyText(policy);
      assert.deepEqual(parsePolicyText(text), { ok: true, value: policy });
      assert.deepEqual(parsePolicyText(octetsOf(text)), { ok: true, value: policy });
      if (policy.extensions.length === 0) assert.match(text, /^(?:[!-9;-~]+: [!-~]+\r\n){3,}$/);
    }),
  );
});

t.test('any text that reads, written again, reads as the same', async (t) => {
  const lines = fc.constantFrom(
    'version: STSv1',
    'version:STSv2',
    'mode:  none\t',
    'mode: enforce',
    'mx: Mail.example.com',
    'mx:*.b',
    'max_age: 0010',
    'max_age: 31557600 ',
    'x: ü y',
    'x:\u00a0',
    'X_1.-:  : z  ',
    '',
  );
  const chosen = fc.array(lines, { maxLength: 8 });
  const texts = fc.tuple(chosen, fc.constantFrom('\n', '\r\n', '\r'), fc.constantFrom('', '\n', '\r\n'));
  let accepted = 0;
  holds(
    t,
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        texts.map(
          ([all, terminator, end]) => `version: STSv1\nmax_age: 1\nmode: none\n${all.join(terminator)}${end}`,
        ),
      ),
      (text) => {
        const policy = parsePolicyText(text);
        if (!policy.ok) return assert.ok(policy.flaws.length > 0);
        accepted += 1;
        return assert.deepEqual(parsePolicyText(formatPolicyText(policy.value)), policy);
      },
    ),
  );
  t.ok(accepted > 0, 'some of the texts were read');
});
