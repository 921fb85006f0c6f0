import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import Type from 'typebox';
import { shapeFlaws } from '../../src/flaws/schema.ts';
import { type ExpectedFlaw, foundFlaws, readCases } from '../cases.ts';
import { holds } from '../property.ts';

const Door = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'a name' }),
    height: Type.Optional(Type.Integer({ minimum: 1, maximum: 3 })),
    colour: Type.Optional(Type.Enum(['red', 'green'], { description: 'red or green' })),
    lock: Type.Optional(
      Type.Union([Type.Literal('none'), Type.Integer()], { description: 'none or a number' }),
    ),
    hinges: Type.Optional(
      Type.Array(Type.Object({ screws: Type.Integer() }, { additionalProperties: false })),
    ),
    notes: Type.Optional(
      Type.Record(Type.String({ pattern: '^[^]*$' }), Type.String({ description: 'a text' })),
    ),
  },
  { additionalProperties: false },
);
const flawsOf = shapeFlaws(Door);

interface Cases {
  readonly good: readonly unknown[];
  readonly bad: readonly { value: unknown; flaws: readonly (ExpectedFlaw & { remedy?: string })[] }[];
}
const cases = readCases<Cases>('schema.yaml', import.meta);

t.test('values of the right shape', async (t) => {
  for (const value of cases.good) t.same(flawsOf(value), [], JSON.stringify(value));
});

t.test('every flaw of a value, with its path and remedy', async (t) => {
  for (const { value, flaws } of cases.bad) {
    const found = flawsOf(value);
    const expected = flaws.map(({ path, says }) => ({ path, says }));
    t.same(foundFlaws({ ok: false, flaws: found }, expected), expected, JSON.stringify(value));
    for (const [index, { remedy }] of flaws.entries()) {
      if (remedy !== undefined) t.match(found[index]?.remedy, remedy);
    }
  }
});

t.test('a value with more flaws than are told is flawed all the same', async (t) => {
  const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key${index}`, 0]));
  const found = flawsOf({ name: 'front', ...unknown });
  t.equal(found.length, 100);
  t.match(found[0], { path: 'key0', message: 'Unknown key' });
  t.equal(flawsOf({ name: 'front', hinges: Array.from({ length: 5000 }, () => 1) }).length, 100);
});

t.test('any value is of the right shape or has flaws', async (t) => {
  const Counted = Type.Object({ a: Type.Union([Type.Integer(), Type.Object({ b: Type.Integer() })]) });
  const countedFlaws = shapeFlaws(Counted);
  const value = fc.oneof(
    fc.anything(),
    fc.record({ a: fc.oneof(fc.anything(), fc.record({ b: fc.anything() })) }),
  );
  holds(
    t,
    fc.property(value, (found) => {
      const a = typeof found === 'object' && found !== null && 'a' in found ? found.a : undefined;
      const b = typeof a === 'object' && a !== null && !Array.isArray(a) && 'b' in a ? a.b : a;
      assert.equal(countedFlaws(found).length === 0, Number.isInteger(b));
    }),
  );
});
