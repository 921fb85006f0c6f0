import t from 'tap';
import type { Mode } from '../../src/policy/policy.ts';
import { exposedUntil, leaving } from '../../src/tenant/exposure.ts';
import { readCases } from '../cases.ts';

interface Cases {
  readonly leaving: readonly {
    why: string;
    now: number;
    servings: readonly [Mode, number, number, number | null][];
    may: string;
    until?: number;
  }[];
}
const cases = readCases<Cases>('exposure.yaml', import.meta);

t.test('when a tenant may leave', async (t) => {
  for (const { why, now, servings, may, until } of cases.leaving) {
    const ledger = servings.map(([mode, max_age, from, end]) => ({
      mode,
      max_age,
      from: from * 1000,
      until: end === null ? undefined : end * 1000,
    }));
    const expected = until === undefined ? { may } : { may, until: until * 1000 };
    t.strictSame(leaving(ledger, now * 1000), expected, why);
  }
});

t.test('a revision is held for its max_age after it was last served', async (t) => {
  const serving = { mode: 'enforce', max_age: 60, from: 1000 } as const;
  t.equal(exposedUntil({ ...serving, until: 5000 }, 9000), 65_000);
  t.equal(exposedUntil({ ...serving, until: undefined }, 9000), 69_000);
});
