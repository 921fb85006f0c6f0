import t from 'tap';
import { plan } from '../../src/certs/plan.ts';
import { inOrder, laneOf } from '../../src/certs/queue.ts';
import { decideRound } from '../../src/certs/round.ts';
import { readCases } from '../cases.ts';
import { at, casIn, type Situation, upkeepIn } from './situation.ts';

interface Case extends Situation {
  readonly about: string;
  readonly now: number;
  readonly do: string;
  readonly until?: readonly [number, number];
  readonly ca?: string;
  readonly challenge?: string;
  readonly replaces?: boolean;
}
const { cases } = readCases<{ cases: readonly Case[] }>('plan.yaml', import.meta);

t.test('what is done next for one host', async (t) => {
  for (const one of cases) {
    const next = plan(upkeepIn(one), casIn(one), at(one.now));
    if (next.do === 'wait') {
      const [from, to] = one.until ?? [0, 0];
      const within = next.until >= at(from) && next.until <= at(to) && next.until > at(one.now);
      const hours = (next.until - at(0)) / 3600_000;
      t.ok(one.do === 'wait' && within, `${one.about}: wait until ${hours.toFixed(2)}, ${next.because}`);
    } else {
      const { ca, challenge, replaces } = one;
      const expected = { do: one.do, ca, challenge, replaces };
      t.same({ ca: undefined, challenge: undefined, replaces: undefined, ...next }, expected, one.about);
    }
  }
});

const good = { at: 0, found: 'good' } as const;
const urgent = { host: 'urgent.example.com', obtained: -140 };
const renewing = { host: 'renewing.example.com', obtained: -107 };
const failing = { host: 'failing.example.com', failed: { outcome: 'challenge-failed', at: 0 } } as const;

t.test('who goes first', async (t) => {
  const hosts = (situations: readonly Situation[], turn: number) =>
    inOrder(situations.map(upkeepIn), at(0), turn).map(({ host }) => host.split('.')[0]);
  const fresh = { host: 'new.example.com' };
  t.same(
    [urgent, fresh, renewing, failing].map((one) => laneOf(upkeepIn(one), at(0))),
    ['urgent', 'new', 'renewal', 'failing'],
  );
  t.same(hosts([failing, renewing, fresh, urgent], 0), ['urgent', 'new', 'renewing', 'failing']);
  t.same(hosts([failing, renewing, fresh, urgent], 4), ['renewing', 'urgent', 'new', 'failing']);

  const sooner = { host: 'sooner.example.com', obtained: -150 };
  t.same(hosts([urgent, sooner], 0), ['sooner', 'urgent'], 'the soonest to expire');
  const asked = { host: 'asked.example.com', asked: 1 };
  t.same(hosts([fresh, asked], 1), ['asked', 'new'], 'whoever the operator asks for');
  const once = { ...failing, host: 'once.example.com' };
  const often = { ...failing, host: 'often.example.com', failed: { ...failing.failed, times: 3 } };
  t.same(hosts([often, once], 0), ['once', 'often'], 'who failed least');
  const silence = { outcome: 'unreachable', at: 0, times: 2 } as const;
  const silent = { host: 'silent.example.com', failed: silence };
  t.same(hosts([silent, failing], 0), ['failing', 'silent'], 'whoever the CA answers');
});

t.test('a flood in one lane stops no other', async (t) => {
  const flood = Array.from({ length: 50 }, (_, index) => ({ host: `new${index}.example.com` }));
  const lapsing = Array.from({ length: 50 }, (_, index) => ({
    ...urgent,
    host: `urgent${index}.example.com`,
  }));
  const order = inOrder([...flood, ...lapsing, failing, renewing].map(upkeepIn), at(0), 0);
  const first = order.slice(0, 10).map((upkeep) => laneOf(upkeep, at(0)));
  t.same(first.filter((lane) => lane === 'urgent').length, 5);
  t.same(first.filter((lane) => lane === 'new').length, 4);
  t.same(first.filter((lane) => lane === 'renewal').length, 1);
  t.equal(order.at(-1)?.host, failing.host);
});

t.test('what starts together stays within room and limits', async (t) => {
  const situations = Array.from({ length: 9 }, (_, index) => ({
    host: `host${index}.example.net`,
    look: good,
  }));
  const awake = situations.map(upkeepIn);
  const room = { looks: 2, orders: { first: 4 } };
  const cas = casIn({});
  const round = decideRound({ awake, cas, room, turn: 0, now: at(0) });
  t.equal(round.starts.length, 4);
  t.equal(round.spent.first?.get('new-orders ')?.[0]?.count, 4);
  t.same(round.sleeps, []);

  const nearlyFull = casIn({ spent: 298 });
  const last = decideRound({ awake, cas: nearlyFull, room, turn: 0, now: at(0) });
  t.equal(last.starts.length, 2, 'the limit counts what this round starts');
  t.equal(last.sleeps.length, 7);

  const unknown = Array.from({ length: 9 }, (_, index) => upkeepIn({ host: `host${index}.example.net` }));
  const looks = decideRound({ awake: unknown, cas, room, turn: 0, now: at(0) });
  t.same(
    looks.starts.map(({ plan }) => plan.do),
    ['look', 'look'],
  );
  const stale = situations.map((one) => upkeepIn(one));
  const before = decideRound({ awake: stale, cas, room, turn: 0, now: at(1) });
  t.same(
    before.starts.map(({ plan }) => plan.do),
    ['look', 'look'],
    'a look before an order needs room for both',
  );
});
