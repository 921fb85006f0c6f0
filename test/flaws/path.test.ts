import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { formatPath, parsePath } from '../../src/flaws/path.ts';
import { readCases } from '../cases.ts';
import { holds } from '../property.ts';

interface Cases {
  readonly paths: readonly { steps: readonly (string | number)[]; path: string }[];
  readonly noPaths: readonly { text: string; steps: readonly (string | number)[] }[];
}
const cases = readCases<Cases>('path.yaml', import.meta);

t.test('paths as people read them', async (t) => {
  for (const { steps, path } of cases.paths) {
    t.equal(formatPath(steps), path);
    t.same(parsePath(path), steps, path);
  }
});

t.test('of what is no path, the steps up to there', async (t) => {
  for (const { text, steps } of cases.noPaths) t.same(parsePath(text), steps, text);
});

t.test('every path reads back as its steps', async (t) => {
  const key = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('mx', 'a-b', '_', '"', '\\', '0'),
  );
  const steps = fc.array(fc.oneof(key, fc.nat()), { maxLength: 6 });
  holds(
    t,
    fc.property(steps, (found) => assert.deepEqual(parsePath(formatPath(found)), found)),
  );
});

t.test('any text has some steps', async (t) => {
  holds(
    t,
    fc.property(fc.string({ unit: 'binary' }), (text) => assert.ok(Array.isArray(parsePath(text)))),
  );
});
