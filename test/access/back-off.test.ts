import t from 'tap';
import { Allowance } from '../../src/access/allowance.ts';
import { BackOff, sourceOf } from '../../src/access/back-off.ts';

t.test('what stands for whoever asks from an address', async (t) => {
  for (const [address, source] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
    ['nonsense', 'nonsense'],
  ] as const)
    t.equal(sourceOf(address), source, address);
});

t.test('the waiting grows to an end, and is forgotten', async (t) => {
  const backOff = new BackOff();
  let now = 1_000_000;
  const waits: number[] = [];
  for (let turn = 0; turn < 16; turn += 1) {
    now += backOff.wait('192.0.2.1', now);
    backOff.failed('192.0.2.1', now);
    waits.push(backOff.wait('192.0.2.1', now) / 1000);
  }
  t.same(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  t.equal(backOff.wait('192.0.2.2', now), 0);
  t.equal(backOff.wait('192.0.2.1', now + 16 * 60_000), 0);
  t.equal(backOff.wait('192.0.2.1', now - 3_600_000), 0, 'nor after the clock was set back');
});

t.test(
  'an allowance fills again, never over its brim, and no clock that goes back takes from it',
  async (t) => {
    const allowance = new Allowance({ burst: 2, perMinute: 60, keys: 10 });
    const take = (now: number) => allowance.take('a', now);
    t.same([take(0), take(0), take(0)], [0, 0, 1000]);
    t.same([take(500), take(1000), take(1000)], [500, 0, 1000]);
    t.same([take(60_000), take(60_000), take(60_000)], [0, 0, 1000]);
    t.equal(take(0), 1000);
    t.equal(take(61_000), 0);
    t.equal(allowance.take('b', 0), 0, 'each has its own');
  },
);
