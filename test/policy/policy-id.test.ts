import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { nextPolicyId, type PolicyId, parsePolicyId } from '../../src/policy/policy-id.ts';
import { goodValue, readCases } from '../cases.ts';
import { holds } from '../property.ts';

interface Cases {
  readonly good: readonly string[];
  readonly bad: readonly string[];
  readonly next: readonly { now: string; last?: string; is: string }[];
}
const cases = readCases<Cases>('policy-id.yaml', import.meta);
const text = 'version: STSv1\r\nmode: none\r\nmax_age: 0\r\n';

t.test('policy ids', async (t) => {
  for (const id of cases.good) t.same(parsePolicyId(id), { ok: true, value: id }, id);
});

t.test('what is no policy id', async (t) => {
  for (const id of cases.bad) t.notOk(parsePolicyId(id).ok, JSON.stringify(id));
});

t.test('the next id has its second and a piece of the hash of what is served', async (t) => {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  for (const { now, last, is } of cases.next) {
    const before = last === undefined ? undefined : goodValue(parsePolicyId(last));
    t.equal(nextPolicyId({ text, now: new Date(now), last: before }), `${is}${hash}`, `${now} after ${last}`);
  }
  const now = Date.parse('2026-11-22T19:06:50Z');
  t.equal(nextPolicyId({ text: new TextEncoder().encode(text), now }), nextPolicyId({ text, now }));
});

t.test('there is no id for no time', async (t) => {
  for (const now of [Number.NaN, Number.POSITIVE_INFINITY, Date.UTC(10000, 0), -6.3e13]) {
    t.throws(() => nextPolicyId({ text, now }), RangeError);
  }
});

t.test('ids increase strictly and never repeat, whatever the clock shows', async (t) => {
  const near = fc.integer({ min: 1_790_000_000_000, max: 1_790_000_005_000 });
  const clocks = fc.array(fc.oneof(near, fc.integer({ min: 0, max: Date.UTC(9998, 0) })), { minLength: 1 });
  holds(
    t,
    fc.property(clocks, fc.constantFrom('a', 'b'), (times, same) => {
      const ids = idsOf(times, same);
      assert.deepEqual(ids, [...new Set(ids)].sort());
      for (const id of ids) assert.deepEqual(parsePolicyId(id), { ok: true, value: id });
    }),
  );
});

t.test('after an id of any origin comes another one', async (t) => {
  const foreign = fc.stringMatching(/^[A-Za-z\d]{1,32}$/);
  const alike = fc.stringMatching(/^\d{8}T\d{6}Z[\da-f]{8}$/);
  holds(
    t,
    fc.property(
      fc.oneof(foreign, alike),
      fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
      (id, now) => {
        const last = goodValue(parsePolicyId(id));
        const next = nextPolicyId({ text, now, last });
        assert.notEqual(next, last);
        assert.equal(parsePolicyId(next).ok, true);
      },
    ),
  );
});

/** The ids of one tenant whose text changes at these times, some within one second or back in time. */
function idsOf(times: readonly number[], served: string): PolicyId[] {
  const ids: PolicyId[] = [];
  for (const now of times) ids.push(nextPolicyId({ text: served, now, last: ids.at(-1) }));
  return ids;
}
