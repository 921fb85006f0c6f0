import fc from 'fast-check';
import t from 'tap';
import { newCourse } from '../../src/tenant/publication.ts';
import { type Happening, MACHINE, type Machine, World } from './publication-world.ts';

// The pipeline in a world where everything that can go wrong does, in any order: see World.

const which = fc.nat({ max: 5 });
const time = fc.constantFrom(1, 1_000, 5_000, 60_000, 300_000, 900_000, 4 * 3600_000, 30 * 3600_000);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Happening>({ does: 'job' }) },
  { weight: 6, arbitrary: time.map((time): Happening => ({ does: 'pass', time })) },
  {
    weight: 2,
    arbitrary: fc
      .record({ text: fc.nat({ max: 3 }), mode: fc.nat({ max: 2 }) })
      .map((edit): Happening => ({ does: 'edit', ...edit })),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({ does: fc.constantFrom('take-up', 'take-up', 'kill', 'restart', 'send'), which })
      .map((each): Happening => each as Happening),
  },
  {
    weight: 4,
    arbitrary: fc
      .record({ which, server: fc.nat({ max: 3 }) })
      .map((each): Happening => ({ does: 'publish', ...each })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ which, server: fc.nat({ max: 1 }) })
      .map((each): Happening => ({ does: 'drift', ...each })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('crash', 'certificate', 'lose', 'double', 'restore')
      .map((does): Happening => ({ does })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('same', 'other', 'nothing', 'unknown')
      .map((is): Happening => ({ does: 'path', is })),
  },
  { weight: 1, arbitrary: fc.boolean().map((up): Happening => ({ does: 'dns', up })) },
);

const JOB: Happening = { does: 'job' };

/** What makes a change come through, where nothing is in the way. */
const THROUGH: readonly Happening[] = [
  ...[0, 1, 2].map((which): Happening => ({ does: 'take-up', which })),
  ...[JOB, JOB, JOB, JOB],
  { does: 'publish', which: 0, server: 0 },
  { does: 'publish', which: 0, server: 3 },
  { does: 'pass', time: 5_000 },
  ...[JOB, JOB],
];

/** Long enough for a text to be taken back. */
const ASTRAY: readonly Happening[] = [
  ...THROUGH.slice(0, -2),
  { does: 'path', is: 'other' },
  ...Array.from({ length: 7 }, (): Happening[] => [{ does: 'pass', time: 300_000 }, JOB, JOB]).flat(),
  { does: 'path', is: 'same' },
];

// A tenant that is well, so that what comes after is about changes too.
const WELL: readonly Happening[] = [{ does: 'edit', text: 9, mode: 0 }, { does: 'certificate' }, ...THROUGH];

const episode = fc.oneof(
  { weight: 20, arbitrary: happening.map((each) => [each]) },
  { weight: 1, arbitrary: fc.constantFrom(THROUGH, ASTRAY) },
);

const life = fc
  .tuple(fc.boolean(), fc.array(episode, { minLength: 5, maxLength: 120, size: 'max' }))
  .map(([isNew, episodes]) => [...(isNew ? [] : WELL), ...episodes.flat()]);

let takenBack = 0;

function live(happenings: readonly Happening[], machine: Machine): void {
  const world = new World(machine);
  for (const each of happenings) world.happen(each);
  if (world.hasTenant) world.settle();
  takenBack += world.takenBack;
}

function outcome(machine: Machine, numRuns: number) {
  return fc.check(
    fc.property(life, (happenings) => live(happenings, machine)),
    { numRuns },
  );
}

t.test('in no life is an id announced too early or used again, and each ends observed', async (t) => {
  const found = outcome(MACHINE, 5_000);
  t.equal(found.failed, false, fc.defaultReportMessage(found) ?? '');
  t.ok(takenBack > 0, 'some texts were taken back on the way');
});

const { plan, afterSight } = MACHINE;

const MUTANTS: Readonly<Record<string, Partial<Machine>>> = {
  'it does not wait for replicas': {
    plan: (course, evidence, now) => plan(course, { ...evidence, behind: [] }, now),
  },
  'it does not wait for the certificate': {
    plan: (course, evidence, now) => plan(course, { ...evidence, certificate: { is: 'valid' } }, now),
  },
  'it announces without a fetch': {
    plan: (course, evidence, now) => {
      const step = plan(course, evidence, now);
      return step.do === 'fetch' ? { do: 'announce' } : step;
    },
  },
  'it waits for the first replica only': {
    plan: (course, evidence, now) => plan(course, { ...evidence, behind: evidence.behind.slice(2) }, now),
  },
  'it announces although a later id is in DNS': {
    afterSight: (course, sight, now) => ({ ...afterSight(course, sight, now), overtaken: undefined }),
    afterFetch: (course, sight, now) => ({
      ...MACHINE.afterFetch(course, sight, now),
      overtaken: undefined,
      clearedAt: now,
    }),
  },
  'it takes the publisher at its word': {
    plan: (course, evidence, now) => {
      const step = plan(course, evidence, now);
      return step.do === 'observe' ? { do: 'wait', until: now + 1 } : step;
    },
    afterAnnounce: (course, answer, wanted, now) => ({
      ...MACHINE.afterAnnounce(course, answer, wanted, now),
      stage: 'observed',
    }),
  },
  'it takes back under the id that was there before': {
    newCourse: (beginning, before) => {
      const id = beginning.takesBack === true ? (before?.id ?? '') : beginning.id;
      return newCourse({ ...beginning, id }, before);
    },
  },
  'it leaves drift alone': {
    afterSight: (course, sight, now) => {
      const after = afterSight(course, sight, now);
      return course.stage === 'observed' ? { ...after, stage: 'observed', handed: course.handed } : after;
    },
  },
};

for (const [what, mutation] of Object.entries(MUTANTS)) {
  t.test(`the check finds a pipeline that is wrong: ${what}`, async (t) => {
    t.equal(outcome({ ...MACHINE, ...mutation }, 20_000).failed, true, what);
  });
}
