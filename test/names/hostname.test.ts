import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  parseHostname,
  parsePolicyDomain,
  policyDomain,
  policyHost,
  toUnicode,
} from '../../src/names/hostname.ts';
import { foundFlaws, goodValue, readCases } from '../cases.ts';
import { holds } from '../property.ts';
import { hostnames } from './arbitraries.ts';

interface Cases {
  readonly good: readonly { text: string; is: string }[];
  readonly bad: readonly { text: string; says: string }[];
  readonly policyHosts: readonly { host: string; domain?: string }[];
  readonly unicode: readonly { host: string; is: string }[];
}
const cases = readCases<Cases>('hostname.yaml', import.meta);

t.test('host names as people write them', async (t) => {
  for (const { text, is } of cases.good) t.same(parseHostname(text), { ok: true, value: is }, text);
});

t.test('what is no host name', async (t) => {
  for (const { text, says } of cases.bad) {
    const expected = [{ path: '', says }];
    t.same(foundFlaws(parseHostname(text), expected), expected, JSON.stringify(text));
  }
  t.notOk(parseHostname('\ud800.example.com').ok, 'a lone surrogate, which YAML cannot hold');
});

t.test('a name has at most 253 octets, and a policy domain room for its policy host', async (t) => {
  const nameOf = (octets: number) => `${`${'a'.repeat(49)}.`.repeat(5)}${'b'.repeat(octets - 250)}`;
  t.ok(parseHostname(nameOf(253)).ok);
  t.notOk(parseHostname(nameOf(254)).ok);
  t.notOk(parseHostname('a.'.repeat(100_000)).ok);
  t.notOk(parsePolicyDomain(nameOf(253)).ok);
  const longest = `${`${'a'.repeat(48)}.`.repeat(4)}${'b'.repeat(49)}`;
  t.equal(policyHost(goodValue(parsePolicyDomain(longest))).length, 253);
  t.notOk(parsePolicyDomain(`${longest}b`).ok);
});

t.test('policy hosts', async (t) => {
  for (const { host, domain } of cases.policyHosts) t.equal(policyDomain(host), domain, host);
});

t.test('names for showing', async (t) => {
  for (const { host, is } of cases.unicode) t.equal(toUnicode(goodValue(parseHostname(host))), is);
});

t.test('every name, shown and written again in any letter case, is itself', async (t) => {
  holds(
    t,
    fc.property(hostnames(), (host) => {
      assert.deepEqual(parseHostname(toUnicode(host)), { ok: true, value: host });
      assert.deepEqual(parseHostname(host.toUpperCase()), { ok: true, value: host });
      assert.equal(policyDomain(policyHost(host)), host);
    }),
  );
});

t.test('whatever text parses is a name that parses to itself', async (t) => {
  const pieces = fc.constantFrom('a', 'Z', '1', '-', '.', 'xn--', 'ü', '。', '\u00ad', '%41', '_', 'א', '0x');
  holds(
    t,
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: pieces })), (text) => {
      const host = parseHostname(text);
      if (!host.ok) return assert.ok(host.flaws.length > 0);
      assert.match(host.value, /^[a-z\d-]+(\.[a-z\d-]+)+$/);
      return assert.deepEqual(parseHostname(host.value), host);
    }),
  );
});
