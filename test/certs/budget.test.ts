import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  ask,
  type Charge,
  LETS_ENCRYPT,
  type LedgerChanges,
  type Limits,
  refund,
  type Slot,
  spend,
  spentKeys,
} from '../../src/certs/budget.ts';
import { orderCharges, settle } from '../../src/certs/charges.ts';
import { parseHostname } from '../../src/names/hostname.ts';
import { goodValue } from '../cases.ts';
import { holds } from '../property.ts';

const HOUR = 3600_000;
const NOW = Date.UTC(2027, 0, 1);
const HOST = goodValue(parseHostname('mta-sts.example.co.uk'));

t.test('what an order spends', async (t) => {
  t.same(orderCharges(HOST, false), [
    { limit: 'new-orders', subject: '' },
    { limit: 'certificates-per-domain', subject: 'example.co.uk' },
    { limit: 'same-names', subject: 'mta-sts.example.co.uk' },
  ]);
  t.same(orderCharges(HOST, true), [], 'a renewal that the CA was told of is exempt');
});

t.test('the published limits', async (t) => {
  t.equal(fill('new-orders'), 300);
  t.equal(fill('certificates-per-domain'), 50);
  t.equal(fill('same-names'), 5);
  t.equal(fill('failed-validations'), 5);
  t.same(ask(new Map(), {}, [charge('new-orders')], NOW), { may: true }, 'one that is not set does not bind');
});

t.test('the time that a refusal names is the first at which there is room', async (t) => {
  const book = new Book(LETS_ENCRYPT);
  for (let order = 0; order < 5; order += 1) book.spend([charge('same-names')], NOW + order * 24 * HOUR);
  const verdict = book.ask([charge('same-names')], NOW + 5 * 24 * HOUR);
  t.ok(!verdict.may && verdict.until >= NOW + 7 * 24 * HOUR && verdict.until < NOW + 7.2 * 24 * HOUR);
  const until = verdict.may ? 0 : verdict.until;
  t.notOk(book.ask([charge('same-names')], until - 1).may);
  t.ok(book.ask([charge('same-names')], until).may);
});

t.test('who often fails leaves some orders to the others', async (t) => {
  const book = new Book(LETS_ENCRYPT);
  for (let order = 0; order < 225; order += 1) book.spend([charge('new-orders')], NOW);
  t.notOk(ask(book.ledger, LETS_ENCRYPT, [charge('new-orders')], NOW, 3 / 4).may);
  t.ok(book.ask([charge('new-orders')], NOW).may);
});

t.test('how an order ends decides what stays spent', async (t) => {
  const ends = [
    { outcome: { outcome: 'issued', pem: '', challenge: undefined }, kept: [1, 1, 1, 0] },
    { outcome: { outcome: 'challenge-failed', challenge: 'http-01', why: '' }, kept: [1, 0, 0, 1] },
    { outcome: { outcome: 'caa-forbids', why: '' }, kept: [1, 0, 0, 1] },
    { outcome: { outcome: 'unreachable', why: '' }, kept: [1, 0, 0, 0] },
  ] as const;
  for (const { outcome, kept } of ends) {
    const book = new Book(LETS_ENCRYPT);
    book.spend(orderCharges(HOST, false), NOW);
    const order = { host: HOST, replaces: false, startedAt: NOW };
    book.put(settle(book.ledger, LETS_ENCRYPT, order, outcome, NOW + HOUR));
    const counts = Object.keys(LETS_ENCRYPT).map((limit) => book.count(limit));
    t.same(counts, kept, outcome.outcome);
  }
});

t.test('an entry stays small, and goes', async (t) => {
  const book = new Book(LETS_ENCRYPT);
  for (let order = 0; order < 2_000; order += 1) {
    const now = NOW + order * 36_000;
    if (book.ask([charge('new-orders')], now).may) book.spend([charge('new-orders')], now);
  }
  t.ok((book.ledger.get('new-orders x')?.length ?? 0) <= 61);
  t.same(spentKeys(book.ledger, NOW + 2_000 * 36_000), []);
  t.same(spentKeys(book.ledger, NOW + 2_000 * 36_000 + 4 * HOUR), ['new-orders x']);
});

t.test('a clock that was set back a year does not stop orders for a year', async (t) => {
  const book = new Book(LETS_ENCRYPT);
  for (let order = 0; order < 5; order += 1) book.spend([charge('same-names')], NOW + 365 * 24 * HOUR);
  t.ok(book.ask([charge('same-names')], NOW).may);
});

t.test('no sequence of orders exceeds a limit, and none waits without need', async (t) => {
  const limits = fc.record({
    count: fc.integer({ min: 1, max: 8 }),
    window: fc.integer({ min: 60, max: 5_000 }),
  });
  const step = fc.record({ pause: fc.integer({ min: 0, max: 900 }), fails: fc.boolean() });
  holds(
    t,
    fc.property(limits, fc.array(step, { maxLength: 120 }), (limit, steps) => {
      const book = new Book({ 'new-orders': limit });
      let times: number[] = [];
      let now = NOW;
      for (const { pause, fails } of steps) {
        now += pause;
        const verdict = book.ask([charge('new-orders')], now);
        const inWindow = times.filter((at) => at > now - limit.window).length;
        // Up to a sixtieth of the window is given away.
        const almost = times.filter((at) => at > now - limit.window * (1 + 1 / 60) - 1).length;
        if (verdict.may) {
          assert.ok(inWindow < limit.count);
          book.spend([charge('new-orders')], now);
          if (fails) book.put(refund(book.ledger, book.limits, [charge('new-orders')], now));
          else times = [...times, now];
        } else {
          assert.ok(almost >= limit.count);
          assert.ok(verdict.until > now && verdict.until <= now + limit.window * (1 + 1 / 60) + 1);
        }
      }
    }),
  );
});

function charge(limit: Charge['limit']): Charge {
  return { limit, subject: 'x' };
}

/** How many fit at once. */
function fill(limit: Charge['limit']): number {
  const book = new Book(LETS_ENCRYPT);
  let fit = 0;
  for (; fit < 1_000 && book.ask([charge(limit)], NOW).may; fit += 1) book.spend([charge(limit)], NOW);
  return fit;
}

class Book {
  readonly ledger = new Map<string, readonly Slot[]>();
  readonly limits: Limits;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  ask(charges: readonly Charge[], now: number) {
    return ask(this.ledger, this.limits, charges, now);
  }

  spend(charges: readonly Charge[], now: number): void {
    this.put(spend(this.ledger, this.limits, charges, now));
  }

  put(changes: LedgerChanges): void {
    for (const [key, slots] of changes) this.ledger.set(key, slots);
  }

  count(limit: string): number {
    const entries = [...this.ledger].filter(([key]) => key.startsWith(limit));
    return entries.flatMap(([, slots]) => slots).reduce((sum, { count }) => sum + count, 0);
  }
}
