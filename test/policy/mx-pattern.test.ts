import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseHostname } from '../../src/names/hostname.ts';
import { matchesMx, parseMxPattern, parseMxValue, wildcardBase } from '../../src/policy/mx-pattern.ts';
import { foundFlaws, goodValue, readCases } from '../cases.ts';
import { hostnames } from '../names/arbitraries.ts';
import { holds } from '../property.ts';
import { mxPatterns } from './arbitraries.ts';

interface Reading {
  readonly good: readonly { text: string; is: string }[];
  readonly bad: readonly { text: string; says: string }[];
}
interface Cases {
  readonly written: Reading;
  readonly served: Reading;
  readonly matches: readonly { pattern: string; host: string; is: boolean }[];
}
const cases = readCases<Cases>('mx-pattern.yaml', import.meta);

for (const [name, parse] of [
  ['written', parseMxPattern],
  ['served', parseMxValue],
] as const) {
  t.test(`patterns as ${name}`, async (t) => {
    for (const { text, is } of cases[name].good) t.same(parse(text), { ok: true, value: is }, text);
  });

  t.test(`no patterns as ${name}`, async (t) => {
    for (const { text, says } of cases[name].bad) {
      const expected = [{ path: '', says }];
      t.same(foundFlaws(parse(text), expected), expected, JSON.stringify(text));
    }
  });
}

t.test('which hosts a pattern matches', async (t) => {
  for (const { pattern, host, is } of cases.matches) {
    const found = matchesMx(goodValue(parseMxPattern(pattern)), goodValue(parseHostname(host)));
    t.equal(found, is, `${pattern} and ${host}`);
  }
});

t.test('every pattern reads back as itself, written or served', async (t) => {
  holds(
    t,
    fc.property(mxPatterns(), (pattern) => {
      assert.deepEqual(parseMxPattern(pattern.toUpperCase()), { ok: true, value: pattern });
      assert.deepEqual(parseMxValue(pattern.toUpperCase()), { ok: true, value: pattern });
    }),
  );
});

t.test('a wildcard matches one label more than its base, neither none nor two', async (t) => {
  holds(
    t,
    fc.property(hostnames(), (base) => {
      const pattern = goodValue(parseMxPattern(`*.${base}`));
      assert.equal(wildcardBase(pattern), base);
      const under = goodValue(parseHostname(`mx.${base}`));
      assert.deepEqual(
        [base, under].map((host) => matchesMx(pattern, host)),
        [false, true],
      );
      assert.equal(matchesMx(pattern, goodValue(parseHostname(`mx.${under}`))), false);
    }),
  );
});
