import t from 'tap';
import type { Mode } from '../../src/policy/policy.ts';
import { plan } from '../../src/tenant/announcing.ts';
import { afterSight, type Fetched, type Sight } from '../../src/tenant/observing.ts';
import { type Course, newCourse } from '../../src/tenant/publication.ts';
import { readCases } from '../cases.ts';

interface Case {
  readonly why: string;
  /** What each look finds, four minutes apart: `same`, `other`, `nothing` or `unknown`. */
  readonly finds: readonly Fetched['fetched'][];
  /** The modes of the revision that was observed before, and of this one. */
  readonly from?: Mode | null;
  readonly to?: Mode;
  readonly takesBack?: boolean;
  /** Whether the id is in DNS. */
  readonly isOut?: boolean;
  readonly takenBack: boolean;
}
const cases = readCases<readonly Case[]>('take-back.yaml', import.meta);

const ID = '20261122T190650Z5f3a9c1e';
const EVIDENCE = { behind: [], certificate: { is: 'valid' }, wanted: 'own' } as const;
const START = Date.UTC(2026, 10, 22);

t.test('when a text that was announced is taken back', async (t) => {
  for (const { why, finds, takenBack, ...given } of cases) {
    let course = announced(given);
    let now = START;
    for (const fetched of finds) {
      now += 4 * 60_000;
      course = afterSight(course, sightOf(fetched, given.isOut ?? true), now);
    }
    const step = plan({ ...course, handed: 'own' }, EVIDENCE, now + 24 * 3600_000);
    t.equal(step.do === 'take-back', takenBack, why);
    if (step.do === 'take-back') t.equal(step.to, 1, why);
  }
});

/** The course of a second revision that was given to its publisher. */
function announced({
  from = 'testing',
  to = 'testing',
  takesBack = false,
}: Omit<Case, 'finds'> | Partial<Case>): Course {
  const first = newCourse(
    { number: 1, id: '20261121T190650Z00000000', mode: from ?? 'none', now: START },
    undefined,
  );
  const before = { ...first, ...(from !== null && { good: { number: 1, mode: from } }) };
  const second = newCourse({ number: 2, id: ID, mode: to, takesBack, now: START }, before);
  return { ...second, handed: 'own', handedAt: START, clearedAt: START };
}

function sightOf(fetched: Fetched['fetched'], isOut: boolean): Sight {
  const shown = isOut
    ? ({ shows: 'id', id: ID } as const)
    : ({ shows: 'unknown', why: 'no answer' } as const);
  const policy: Fetched = fetched === 'same' ? { fetched } : { fetched, why: 'why', remedy: 'remedy' };
  return { leads: { to: 'us' }, authorities: [{ name: 'ns.test', shown }], resolver: shown, policy };
}
