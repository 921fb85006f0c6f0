import t from 'tap';
import { RateLimit, type Verdict } from '../../src/dns/rate-limit.ts';

function verdicts(limit: RateLimit, count: number, address: string, kind = 1, from = 0, every = 0) {
  const seen: Record<Verdict, number> = { send: 0, slip: 0, drop: 0 };
  for (let index = 0; index < count; index += 1) {
    seen[limit.spend(address, kind, from + index * every)] += 1;
  }
  return seen;
}

t.test("a second's worth at once, then half of the rest slips", async (t) => {
  const limit = new RateLimit({ perSecond: 10, seed: 1 });
  t.same(verdicts(limit, 30, '192.0.2.1'), { send: 10, slip: 10, drop: 10 });
  t.same(verdicts(limit, 30, '192.0.2.1', 1, 500), { send: 5, slip: 12, drop: 13 }, 'half a second later');
  t.equal(limit.spend('192.0.2.1', 1, 60_000), 'send');
});

t.test('what comes slowly enough is never limited', async (t) => {
  const limit = new RateLimit({ perSecond: 10, seed: 1 });
  t.same(verdicts(limit, 1000, '192.0.2.1', 1, 5, 100), { send: 1000, slip: 0, drop: 0 });
});

t.test('under a flood the rate goes on being sent', async (t) => {
  const limit = new RateLimit({ perSecond: 10, seed: 1 });
  const { send, slip, drop } = verdicts(limit, 10_000, '192.0.2.1', 1, 0, 1);
  t.ok(send >= 100 && send <= 110, `${send} in ten seconds`);
  t.ok(Math.abs(slip - drop) <= 1);
});

t.test('a network is one client, another network is another', async (t) => {
  for (const [address, same, other] of [
    ['192.0.2.1', '192.0.2.255', '192.0.3.1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.9', '::ffff:192.0.3.1'],
    ['192.0.2.1', '::ffff:192.0.2.9', '198.51.100.1'],
    ['2001:db8:1:200::1', '2001:db8:1:2ff:a:b:c:d', '2001:db8:1:300::1'],
    ['2001:db8::1', '2001:db8:0:ff::', '2001:db8:0:100::1'],
    ['::1', '::2', '0:0:1::'],
    ['fe80::1%eth0', 'fe80::2%eth1', 'fe80:0:1::'],
  ] as const) {
    const limit = new RateLimit({ perSecond: 1, seed: 7 });
    t.equal(limit.spend(address, 1, 0), 'send');
    t.not(limit.spend(same, 1, 0), 'send', `${same} is in the network of ${address}`);
    t.equal(limit.spend(other, 1, 0), 'send', `${other} is not`);
    t.equal(limit.spend(address, 2, 0), 'send', 'another answer is counted for itself');
  }
});

t.test('however many networks ask, the memory stays the same, and all are limited at last', async (t) => {
  const limit = new RateLimit({ perSecond: 1, seed: 3, places: 16 });
  const seen = { send: 0, slip: 0, drop: 0 };
  for (let index = 0; index < 10_000; index += 1) {
    seen[limit.spend(`10.${index >> 8}.${index & 255}.1`, 1, 0)] += 1;
  }
  t.equal(seen.send, 16);
});
