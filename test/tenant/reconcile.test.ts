import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { Connection } from '../../src/store/files/connection.ts';
import { StateFile } from '../../src/store/files/state-file.ts';
import { migrate } from '../../src/store/files/state-schema.ts';
import type { TenantStore } from '../../src/tenant/store.ts';
import { holds } from '../property.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { policyOf } from './revisions.ts';
import { type Content, World } from './world.ts';

const DAY = 86_400_000;

/** One thing that happens. */
type Happening =
  | { readonly what: 'write'; readonly file: string; readonly content: Content }
  | { readonly what: 'remove'; readonly file: string }
  | { readonly what: 'pass' | 'set back'; readonly milliseconds: number }
  | { readonly what: 'look' | 'look and crash' | 'restart' };

const files = fc.constantFrom('example.com.yaml', 'EXAMPLE.com.yml');
const contents = fc.oneof(
  fc.constant<Content>('bad'),
  fc
    .tuple(fc.constantFrom('none', 'testing', 'enforce'), fc.constantFrom(0, 60, 86_400, 604_800))
    .map(([mode, maxAge]): Content => policyOf(mode, maxAge)),
);
const times = fc.constantFrom(0, 1, 999, 59_500, 60_000, DAY, 8 * DAY);
const happenings: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('write' as const), file: files, content: contents }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('remove' as const), file: files }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('pass' as const), milliseconds: times }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('set back' as const), milliseconds: times }) },
  { weight: 6, arbitrary: fc.constant({ what: 'look' as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ what: 'look and crash' as const }, { what: 'restart' as const }),
  },
);
const histories = fc.array(happenings, { maxLength: 40, size: 'max' });

function happen(world: World, happening: Happening): void {
  if (happening.what === 'write') world.write(happening.file, happening.content);
  else if (happening.what === 'remove') world.remove(happening.file);
  else if (happening.what === 'pass') world.pass(happening.milliseconds);
  else if (happening.what === 'set back') world.setClockBack(happening.milliseconds);
  else if (happening.what === 'restart') world.restart();
  else world.look({ crashes: happening.what === 'look and crash' });
}

function holdsPromises(test: Test, openStore: () => TenantStore, numRuns: number): void {
  const property = fc.property(histories, (history) => {
    const world = new World(openStore());
    for (const happening of history) happen(world, happening);
    world.look();
  });
  test.doesNotThrow(() => fc.assert(property, { numRuns }));
}

t.test(
  'whatever happens to the files, what is served changes by a good document or by leaving',
  async (t) => {
    holdsPromises(t, () => new MemoryStore(), 10_000);
  },
);

t.test('and the state file keeps it so', async (t) => {
  holdsPromises(t, memoryState, 500);
});

t.test('each tenant can leave: by mode none, and when time has passed', async (t) => {
  holds(
    t,
    fc.property(histories, (history) => {
      const world = new World(new MemoryStore());
      for (const happening of history) happen(world, happening);
      world.remove('EXAMPLE.com.yml');
      world.write('example.com.yaml', policyOf('none', 60));
      world.look();
      world.remove('example.com.yaml');
      world.look();
      // As much as all steps of the clock, and the longest max_age.
      world.pass(1000 * DAY);
      world.look();
      assert.equal(world.isServed, false);
    }),
  );
});

function memoryState(): TenantStore {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  return new StateFile(new Connection(database));
}
