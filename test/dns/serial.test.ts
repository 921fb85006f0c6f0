import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { isNewer, NO_SERIAL, nextSerial } from '../../src/dns/serial.ts';
import { holds } from '../property.ts';

const now = fc.integer({ min: 0, max: 6_000_000_000_000 });

t.test('serials go round (RFC 1982)', async (t) => {
  t.equal(isNewer(2, 1), true);
  t.equal(isNewer(1, 2), false);
  t.equal(isNewer(1, 1), false);
  t.equal(isNewer(1, 2 ** 32 - 1), true);
  t.equal(isNewer(2 ** 31, 1), true);
  t.equal(isNewer(2 ** 31 + 2, 1), false);
  t.equal(isNewer(5, NO_SERIAL), true);
  t.equal(isNewer(2 ** 32 - 1, NO_SERIAL), true);
  t.equal(isNewer(NO_SERIAL, 5), false);
});

t.test('a serial is the second, or the one after the last', async (t) => {
  t.equal(nextSerial(NO_SERIAL, 1_795_974_492_999), 1_795_974_492);
  t.equal(nextSerial(1_795_974_492, 1_795_974_492_999), 1_795_974_493, 'two changes in a second');
  t.equal(nextSerial(1_795_974_492, 0), 1_795_974_493, 'the clock was set back');
  t.equal(nextSerial(2 ** 32 - 1, 0), 1);
  t.equal(nextSerial(NO_SERIAL, 2 ** 31 * 1000 + 5), 2 ** 31, 'after January 2038');
});

t.test('it rises with every change, whatever the clock does', async (t) => {
  holds(
    t,
    fc.property(fc.array(now, { maxLength: 50 }), (times) => {
      let serial = NO_SERIAL;
      for (const time of times) {
        const next = nextSerial(serial, time);
        assert.ok(isNewer(next, serial), `${next} after ${serial}`);
        assert.ok(!isNewer(serial, next));
        assert.ok(next > 0 && next < 2 ** 32);
        serial = next;
      }
    }),
  );
});
