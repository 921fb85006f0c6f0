import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Hostname } from '../../src/names/hostname.ts';
import { type MxPattern, matchesMx } from '../../src/policy/mx-pattern.ts';
import { checkPolicy, type Policy } from '../../src/policy/policy.ts';
import { type PastPolicy, planMx } from '../../src/tenant/plan.ts';
import { goodValue } from '../cases.ts';
import { holds } from '../property.ts';

const HOSTS = ['a.x.test', 'b.x.test', 'c.y.test'].map((name) => name as Hostname);
const PATTERNS = ['a.x.test', 'b.x.test', '*.x.test', 'c.y.test', 'd.z.test'];

// Seconds, so few that each can be looked at.
const TTL = 3;
const MX_TTL = 4;

/** A history: how long each policy was served, the last one until now. */
const histories = fc.array(
  fc.record({
    mode: fc.constantFrom('testing', 'enforce', 'none'),
    max_age: fc.integer({ min: 0, max: 12 }),
    mx: fc.subarray(PATTERNS, { minLength: 1 }),
    seconds: fc.integer({ min: 0, max: 6 }),
  }),
  { minLength: 1, maxLength: 4 },
);
const hosts = fc.subarray(HOSTS, { minLength: 1 });

interface Served {
  readonly policy: Policy;
  readonly from: number;
  readonly to: number;
}

function servedBy(history: typeof histories extends fc.Arbitrary<infer H> ? H : never): readonly Served[] {
  let from = 0;
  return history.map(({ seconds, ...written }, index) => {
    const to = index === history.length - 1 ? Number.POSITIVE_INFINITY : from + seconds;
    const served = { policy: goodValue(checkPolicy(written)), from, to };
    from += seconds;
    return served;
  });
}

function pastOf(served: readonly Served[]): readonly PastPolicy[] {
  return served.map(({ policy, from, to }, index) => ({
    number: index + 1,
    policy,
    serving: { ...policy, from: from * 1000, until: to === Number.POSITIVE_INFINITY ? undefined : to * 1000 },
  }));
}

function refuses({ mode, mx }: Policy, host: Hostname): boolean {
  return mode === 'enforce' && !mx.some((pattern) => matchesMx(pattern, host));
}

/** Every sender there could be that fetched once and hears of nothing since: whether any refuses the host at a time. */
function isRefused(served: readonly Served[], now: number, host: Hostname, at: number): boolean {
  return served.some(({ policy, from, to }) => {
    for (let fetched = from; fetched <= Math.min(to, now); fetched += 1) {
      // One who fetches at the end of a second may hold it for the whole max_age from then.
      if (refuses(policy, host) && at < fetched + policy.max_age) return true;
    }
    return false;
  });
}

t.test('who would refuse a host, and until when, is told as all senders together would do', async (t) => {
  holds(
    t,
    fc.property(histories, hosts, fc.integer({ min: 0, max: 5 }), (history, wanted, later) => {
      const served = servedBy(history);
      const now = (served.at(-1)?.from ?? 0) + later;
      const change = { past: pastOf(served), wanted, present: [], now: now * 1000, ttl: TTL, mxTtl: MX_TTL };
      const { refusals, verdict } = planMx(change);
      for (const host of HOSTS) {
        const mine = refusals.filter((one) => one.host === host);
        const until = Math.max(0, ...mine.map((one) => one.until)) / 1000;
        for (let at = now; at < now + 20; at += 1) {
          const expected = wanted.includes(host) && isRefused(served, now, host, at);
          assert.equal(at < until, expected, `${host} at ${at}, told until ${until}`);
        }
      }
      assert.equal(verdict === 'refused', refusals.length > 0);
    }),
  );
});

/** What is so from a moment on. */
type Timeline<T> = readonly { readonly from: number; readonly value: T }[];

function valueAt<T>(timeline: Timeline<T>, at: number): T {
  const found = timeline.findLast(({ from }) => from <= at) ?? timeline[0];
  assert.ok(found !== undefined);
  return found.value;
}

/** What somebody may hold at a time who may keep an answer for so long. */
function heldAt<T>(timeline: Timeline<T>, at: number, ttl: number): readonly T[] {
  const moments = Array.from({ length: ttl + 1 }, (_, age) => at - age);
  return [...new Set(moments.map((moment) => valueAt(timeline, moment)))];
}

t.test('in the order of the steps, no sender refuses that can reach DNS and the policy', async (t) => {
  holds(
    t,
    fc.property(
      histories,
      hosts,
      hosts,
      fc.integer({ min: 0, max: 5 }),
      (history, wanted, present, later) => {
        const served = servedBy(history);
        const now = (served.at(-1)?.from ?? 0) + later;
        const newest = served.at(-1)?.policy;
        // Whoever starts from a state that refuses already is not to be blamed on the steps.
        const held = heldAt(
          served.map(({ from, policy }) => ({ from, value: policy })),
          now,
          TTL,
        );
        fc.pre(
          newest !== undefined && held.every((policy) => present.every((host) => !refuses(policy, host))),
        );
        const plan = planMx({
          ...{ past: pastOf(served), wanted, present, now: now * 1000, ttl: TTL, mxTtl: MX_TTL },
        });
        const policies = [
          ...served.map(({ from, policy }) => ({ from, value: policy })),
          ...plan.steps.flatMap((step) =>
            step.do === 'policy'
              ? [{ from: step.at / 1000, value: { ...newest, mx: step.mx } as Policy }]
              : [],
          ),
        ];
        const mx = [
          { from: Number.NEGATIVE_INFINITY, value: present },
          ...plan.steps.flatMap((step) =>
            step.do === 'mx' ? [{ from: step.at / 1000, value: step.hosts }] : [],
          ),
        ];
        assert.deepEqual(valueAt(mx, 1e9), wanted, 'the steps end with what is wanted');
        const ends = Math.max(now, ...plan.steps.map(({ at }) => at / 1000)) + TTL + MX_TTL + 1;
        for (let at = now; at <= ends; at += 1) {
          for (const policy of heldAt(policies, at, TTL)) {
            for (const names of heldAt(mx, at, MX_TTL)) {
              for (const host of names) assert.ok(!refuses(policy, host), `${host} at ${at - now}`);
            }
          }
        }
        const last = valueAt(policies, 1e9);
        const isNeeded = (pattern: MxPattern) => wanted.some((host) => matchesMx(pattern, host));
        if (last.mode !== 'none') assert.ok(last.mx.every(isNeeded), 'and allow no more than is needed');
      },
    ),
  );
});

t.test('after mode none, whoever just learned of the policy before it is waited for', async (t) => {
  const served = servedBy([
    { mode: 'enforce', max_age: 12, mx: ['a.x.test'], seconds: 6 },
    { mode: 'none', max_age: 0, mx: ['a.x.test'], seconds: 0 },
  ]);
  const wanted = ['c.y.test' as Hostname];
  const { steps } = planMx({
    past: pastOf(served),
    wanted,
    present: [],
    now: 6_000,
    ttl: TTL,
    mxTtl: MX_TTL,
  });
  t.match(steps, [{ do: 'mx', hosts: wanted, at: (6 + TTL) * 1000 }]);
});
