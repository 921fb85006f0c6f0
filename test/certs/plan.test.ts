import t from 'tap';
import { paceAt, RESTED } from '../../src/certs/pace.ts';
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
  const room = { looks: 2, orders: { first: 4 }, unhurried: 9 };
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

t.test('renewals in no hurry go at a walk, and hold nobody up', async (t) => {
  const of = (kind: Situation, count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...kind, look: good, host: `${index}.${kind.host}` }));
  const fresh = { host: 'new.example.com' };
  const awake = [...of(renewing, 9), ...of(urgent, 3), ...of(fresh, 3)].map(upkeepIn);
  const room = { looks: 20, orders: { first: 20 }, unhurried: 2.5 };
  const { starts, unhurried } = decideRound({ awake, cas: casIn({}), room, turn: 0, now: at(0) });
  const started = (kind: Situation) => starts.filter(({ host }) => host.endsWith(kind.host ?? '')).length;
  t.same([renewing, urgent, fresh].map(started), [2, 3, 3]);
  t.equal(unhurried, 0.5);
});

t.test('the pace of renewals', async (t) => {
  const { left: most } = paceAt(RESTED, at(0));
  const tired = { left: 0, at: at(0) };
  t.equal(paceAt(tired, at(0)).left, 0);
  t.equal(paceAt(tired, at(0) + 500).left, 5);
  t.equal(paceAt(paceAt(tired, at(0) + 450), at(0) + 500).left, 5, 'in how many steps does not matter');
  t.equal(paceAt(tired, at(9)).left, most, 'no more than so many at once');
  t.same(paceAt({ left: 3, at: at(9) }, at(0)), { left: 3, at: at(0) }, 'a clock that was set back');
});
