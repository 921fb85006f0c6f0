import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { checkPolicy, MAX_POLICY_TEXT, type Policy, warnings } from '../../src/policy/policy.ts';
import { formatPolicyText, parsePolicyText } from '../../src/policy/text.ts';
import { type ExpectedFlaw, foundFlaws, goodValue, readCases } from '../cases.ts';
import { holds } from '../property.ts';
import { policies } from './arbitraries.ts';

interface Cases {
  readonly good: readonly { fields: unknown; policy: Policy }[];
  readonly bad: readonly { fields: unknown; flaws: readonly ExpectedFlaw[] }[];
  readonly warnings: readonly { fields: unknown; warnings: readonly ExpectedFlaw[] }[];
}
const cases = readCases<Cases>('policy.yaml', import.meta);

t.test('policies as operators write them', async (t) => {
  for (const { fields, policy } of cases.good) {
    t.strictSame(checkPolicy(fields), { ok: true, value: policy }, JSON.stringify(fields));
  }
});

t.test('what is no policy', async (t) => {
  for (const { fields, flaws } of cases.bad) {
    const policy = checkPolicy(fields);
    t.same(foundFlaws(policy, flaws), flaws, JSON.stringify(fields));
    t.ok(!policy.ok && policy.flaws.every(({ remedy, rfc }) => remedy !== '' && rfc !== undefined));
  }
});

t.test('what is lawful yet unwise', async (t) => {
  for (const { fields, warnings: expected } of cases.warnings) {
    const found = { ok: false, flaws: warnings(goodValue(checkPolicy(fields))) } as const;
    t.same(foundFlaws(found, expected), expected, JSON.stringify(fields));
  }
});

t.test('a policy whose text senders may refuse for its size is none', async (t) => {
  const policyOf = (hosts: number) =>
    checkPolicy({
      mode: 'none',
      max_age: 0,
      mx: Array.from({ length: hosts }, (_, index) => `mx${index}.example.com`),
    });
  t.equal(policyOf(100_000).ok, false);
  const sizes = Array.from({ length: 40 }, (_, index) => policyOf(2750 + index)).flatMap((policy) =>
    policy.ok ? [formatPolicyText(policy.value).length] : [],
  );
  t.ok(sizes.every((size) => size <= MAX_POLICY_TEXT));
  t.ok(sizes.length > 0 && sizes.length < 40, 'the limit lies within what was tried');
  t.ok(MAX_POLICY_TEXT - Math.max(...sizes) < 25, 'and is used up to one line');
});

t.test('what is checked survives being served and being written again', async (t) => {
  holds(
    t,
    fc.property(policies(), (policy) => {
      const plain = {
        ...policy,
        extensions: policy.extensions.filter(({ value }) => /^[ -~]+$/.test(value)),
      };
      assert.deepEqual(checkPolicy(plain), { ok: true, value: plain });
      assert.deepEqual(parsePolicyText(formatPolicyText(plain)), { ok: true, value: plain });
    }),
  );
});

t.test('any value is a policy or has flaws', async (t) => {
  const fields = fc.record({
    mode: fc.anything(),
    max_age: fc.anything(),
    mx: fc.anything(),
    extensions: fc.anything(),
  });
  holds(
    t,
    fc.property(fc.oneof(fc.anything(), fields), (value) => {
      const policy = checkPolicy(value);
      assert.ok(policy.ok || policy.flaws.length > 0);
    }),
  );
});
