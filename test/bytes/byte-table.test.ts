import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { ByteTable } from '../../src/bytes/byte-table.ts';
import { holds } from '../property.ts';

const host = fc.nat(12).map((number) => `mta-sts.d${number}.test`);
const text = fc.string({ unit: 'binary-ascii', maxLength: 60 });
const step = fc.oneof(
  fc.record({ does: fc.constant('set' as const), host, text, isText: fc.boolean() }),
  fc.record({ does: fc.constant('delete' as const), host }),
);

t.test('does as a Map does, and what it once gave out stays as it was', async (t) => {
  holds(
    t,
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(64), (steps, capacity) => {
      const table = new ByteTable(capacity);
      const model = new Map<string, string>();
      const given: { readonly body: Buffer; readonly text: string }[] = [];
      const snapshots: {
        readonly taken: ReturnType<ByteTable['snapshot']>;
        readonly model: [string, string][];
      }[] = [];
      for (const step of steps) {
        if (step.does === 'set') {
          table.set(step.host, step.isText ? step.text : Buffer.from(step.text, 'latin1'));
          model.set(step.host, step.text);
        } else {
          table.delete(step.host);
          model.delete(step.host);
        }
        for (const [host, text] of model) {
          const body = table.get(host);
          assert.equal(body?.toString('latin1'), text);
          given.push({ body: body ?? Buffer.alloc(0), text });
        }
        snapshots.push({ taken: table.snapshot(), model: [...model] });
        assert.equal(table.size, model.size);
        assert.equal(table.has(step.host), model.has(step.host));
        assert.equal(table.get(step.host) === undefined, !model.has(step.host));
      }
      for (const { taken, model } of snapshots) {
        const found = [...taken].map(([host, bytes]) => [host, bytes.toString('latin1')]);
        assert.deepEqual(found.toSorted(), model.toSorted());
      }
      for (const { body, text } of given) assert.equal(body.toString('latin1'), text);
    }),
  );
});

t.test('an entry that changes often takes no more room than a few of its size', async (t) => {
  const table = new ByteTable(1024);
  const texts = ['a', 'b'].map((letter) => letter.repeat(300));
  for (let turn = 0; turn < 10_000; turn += 1) table.set('mta-sts.example.test', texts[turn % 2] ?? '');
  const body = table.get('mta-sts.example.test');
  t.equal(body?.toString('latin1'), texts[1]);
  t.ok((body?.buffer.byteLength ?? 0) <= 1024, 'the slab did not grow');
});
