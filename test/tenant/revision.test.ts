import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parsePolicyText } from '../../src/policy/text.ts';
import { accept, type Revision, type Standing } from '../../src/tenant/revision.ts';
import { goodValue } from '../cases.ts';
import { policies } from '../policy/arbitraries.ts';
import { holds } from '../property.ts';
import { policyOf } from './revisions.ts';

const NOBODY: Standing = { newest: undefined, served: false };
const change = {
  now: Date.UTC(2026, 10, 22, 19, 6, 50),
  actor: 'file',
  address: '',
  cause: 'document changed',
};

t.test('the first revision of a tenant', async (t) => {
  const first = revised(policyOf('enforce', 604800), NOBODY);
  t.match(first, { number: 1, at: change.now, actor: 'file', cause: 'document changed' });
  t.match(first.id, /^20261122T190650Z[\da-f]{8}$/);
  t.equal(first.text, 'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmax_age: 604800\r\n');
});

t.test('a policy of the same bytes is no change while it is served', async (t) => {
  const policy = policyOf('enforce', 604800);
  const newest = revised(policy, NOBODY);
  t.same(accept(policy, { newest, served: true }, { ...change, now: 0 }), { outcome: 'unchanged' });
  const back = revised(policy, { newest, served: false });
  t.equal(back.number, 2);
  t.ok(back.id > newest.id, 'yet a new revision of a tenant that had left');
});

t.test('a policy that returns to earlier bytes gets a new id', async (t) => {
  const first = revised(policyOf('enforce', 1), NOBODY);
  const second = revised(policyOf('enforce', 2), { newest: first, served: true });
  const third = revised(policyOf('enforce', 1), { newest: second, served: true });
  t.equal(third.text, first.text);
  t.same([first.number, second.number, third.number], [1, 2, 3]);
  t.ok(first.id < second.id && second.id < third.id, 'all within one second');
});

t.test('any policy is served as it is meant, or refused with the reason', async (t) => {
  holds(
    t,
    fc.property(policies(), fc.integer({ min: 0, max: Date.UTC(9000) }), (policy, now) => {
      const acceptance = accept(policy, NOBODY, { ...change, now });
      if (acceptance.outcome === 'refused') assert.ok(acceptance.flaws.length > 0);
      else if (acceptance.outcome === 'unchanged') assert.fail('nothing was served');
      else assert.deepEqual(goodValue(parsePolicyText(acceptance.revision.text)), policy);
    }),
  );
});

function revised(policy: ReturnType<typeof policyOf>, standing: Standing): Revision {
  const acceptance = accept(policy, standing, change);
  if (acceptance.outcome !== 'revised') throw new Error(acceptance.outcome);
  return acceptance.revision;
}
