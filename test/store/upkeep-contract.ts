import t, { type Test } from 'tap';
import type { Slot } from '../../src/certs/budget.ts';
import { GOOD_STANDING } from '../../src/certs/standing.ts';
import { afterAsking, afterIssue, newUpkeep, type Upkeep } from '../../src/certs/upkeep.ts';
import type { UpkeepStore } from '../../src/certs/upkeep-store.ts';
import type { Hostname } from '../../src/names/hostname.ts';

/** Makes a new, empty store; `reopened` closes it and opens it again. */
export interface UpkeepStoreUnderTest {
  open(t: Test): { readonly store: UpkeepStore; reopened(): UpkeepStore };
}

const DAY = 24 * 3600_000;
const one = 'mta-sts.one.example' as Hostname;
const two = 'mta-sts.two.example' as Hostname;
const never = 'mta-sts.never.example' as Hostname;

/** What every {@link UpkeepStore} holds to. */
export function holdsTheUpkeepContract(name: string, { open }: UpkeepStoreUnderTest): void {
  const test = (what: string, body: (t: Test, store: UpkeepStore, reopened: () => UpkeepStore) => void) =>
    t.test(`${name}: ${what}`, async (t) => {
      const { store, reopened } = open(t);
      body(t, store, reopened);
    });

  test('an empty store has nothing', (t, store) => {
    t.equal(store.get(one), undefined);
    t.equal(store.nextWake(), undefined);
    t.same(
      [store.after('', 9), store.awake(9, 9), store.alertable(9, '', 9), store.firstToEnd(9)],
      [[], [], [], []],
    );
    t.same(store.census(9), { valid: 0, expired: 0, missing: 0, firstNotAfter: undefined });
    t.same(store.standing('ca'), GOOD_STANDING);
    t.equal(store.keyChange('ca'), undefined);
    t.equal(store.ledger('ca').get('key'), undefined);
    t.equal(store.turn(), 0);
    store.forget([never]);
    store.change(never, unwanted);
    store.note(never, unwanted);
    store.record({ sleeps: [{ host: never, until: 9 }] });
    store.wakeAll();
    t.equal(store.nextWake(), undefined);
  });

  test('a host is kept as it is, and awake at once', (t, store, reopened) => {
    store.add([newUpkeep(two, 5), newUpkeep(one, 5)]);
    store.add([newUpkeep(one, 7)]);
    for (const get of [() => store, reopened]) {
      const found = get();
      t.strictSame(plain(found.get(one)), plain(newUpkeep(one, 5)), 'one that is there already stays');
      t.same(hosts(found.after('', 9)), [one, two], 'in the order of their names');
      t.same(hosts(found.after(one, 9)), [two]);
      t.same(hosts(found.after('', 1)), [one]);
      t.same(hosts(found.awake(0, 9)).toSorted(), [one, two]);
      t.ok((found.nextWake() ?? 1) <= 0);
      t.match(found.census(9), { missing: 2, valid: 0, expired: 0 });
    }
    const again = reopened();
    again.forget([one, never]);
    t.same(hosts(again.after('', 9)), [two]);
  });

  test('who sleeps wakes in time, when it is changed, and with all', (t, store, reopened) => {
    store.add([newUpkeep(one, 1), newUpkeep(two, 1)]);
    store.record({
      sleeps: [
        { host: one, until: 100.5 },
        { host: two, until: 50 },
      ],
    });
    t.equal(store.nextWake(), 50);
    t.same(hosts(store.awake(49, 9)), []);
    t.same(hosts(store.awake(50, 9)), [two]);
    t.same(hosts(store.awake(100, 9)), [two], 'not before');
    t.same(hosts(store.awake(101, 9)), [two, one], 'the longest awake first');
    store.change(one, (upkeep) => afterAsking(upkeep, 3));
    t.same(hosts(store.awake(9, 9)), [one]);
    t.equal(store.get(one)?.askedAt, 3);
    store.note(two, (upkeep) => afterAsking(upkeep, 4));
    t.same(hosts(store.awake(9, 9)).toSorted(), [one, two], 'what is noted wakes too');
    const again = reopened();
    t.equal(again.get(two)?.askedAt, 4);
    again.record({
      sleeps: [
        { host: one, until: 100 },
        { host: two, until: 50 },
      ],
    });
    again.wakeAll();
    t.same(hosts(again.awake(9, 9)).toSorted(), [one, two]);
  });

  test('a crowd of new hosts hides none that has a certificate to lose', (t, store) => {
    const crowd = Array.from({ length: 50 }, (_, index) =>
      newUpkeep(`mta-sts.a${index}.example` as Hostname, 1),
    );
    store.add([...crowd, newUpkeep(two, 1)]);
    store.change(two, issued(90 * DAY));
    t.ok(hosts(store.awake(9, 10)).includes(two));
  });

  test('certificates are counted, and those that end first come first', (t, store, reopened) => {
    store.add([newUpkeep(one, 1), newUpkeep(two, 1), newUpkeep(never, 1)]);
    store.change(one, issued(90 * DAY));
    store.change(two, issued(6 * DAY));
    for (const get of [() => store, reopened]) {
      const found = get();
      t.same(found.census(7 * DAY), { valid: 1, expired: 1, missing: 1, firstNotAfter: 6 * DAY });
      const ends = [
        { host: two, notAfter: 6 * DAY },
        { host: one, notAfter: 90 * DAY },
      ];
      t.same(
        found.firstToEnd(9).map((end) => ({ ...end })),
        ends,
      );
      t.same(
        found.firstToEnd(1).map(({ host }) => host),
        [two],
      );
      t.same(found.firstToEnd(0), []);
    }
  });

  test('who may be alerted about is known from the last third of a lifetime on', (t, store) => {
    store.add([newUpkeep(one, 1), newUpkeep(two, 1), newUpkeep(never, 1)]);
    store.change(one, issued(90 * DAY));
    store.change(two, issued(6 * DAY));
    t.same(hosts(store.alertable(4 * DAY - 1, '', 9)), []);
    t.same(hosts(store.alertable(4 * DAY, '', 9)), [two]);
    t.same(hosts(store.alertable(60 * DAY, '', 9)), [one, two]);
    t.same(hosts(store.alertable(60 * DAY, '', 1)), [one]);
    t.same(hosts(store.alertable(60 * DAY, one, 1)), [two]);
    store.change(two, issued(96 * DAY));
    t.same(hosts(store.alertable(60 * DAY, '', 9)), [one], 'until it is replaced');
  });

  test('what is known of CAs is kept apart by CA', (t, store, reopened) => {
    const slots: Slot[] = [{ until: 9, count: 2 }];
    const standing = { ...GOOD_STANDING, trouble: 'unreachable', inRow: 1, why: 'for a test' } as const;
    const asked = { askedAt: 7, endedAt: undefined, why: '' };
    store.record({
      spent: {
        first: new Map([
          ['a', slots],
          ['b', slots],
        ]),
      },
      standings: { first: standing },
      keyChanges: { first: asked },
      orders: 3,
    });
    store.record({ orders: 2, spent: { first: new Map([['b', []]]) } });
    for (const get of [() => store, reopened]) {
      const found = get();
      t.same(found.ledger('first').get('a'), slots);
      t.equal(found.ledger('first').get('b'), undefined, 'one without slots is dropped');
      t.equal(found.ledger('second').get('a'), undefined);
      t.same(found.standing('first'), standing);
      t.same(found.standing('second'), GOOD_STANDING);
      t.same(found.keyChange('first'), asked);
      t.equal(found.keyChange('second'), undefined);
      t.equal(found.turn(), 5);
    }
    const again = reopened();
    again.record({ keyChanges: { first: { ...asked, endedAt: 8, why: 'refused' } } });
    t.same(again.keyChange('first'), { askedAt: 7, endedAt: 8, why: 'refused' });
  });

  test('a change that fails changes nothing, and it goes on after that', (t, store) => {
    store.add([newUpkeep(one, 1)]);
    store.record({ sleeps: [{ host: one, until: 100 }] });
    const fault = new Error('for a test');
    t.throws(
      () =>
        store.change(one, () => {
          throw fault;
        }),
      fault,
    );
    t.same([hosts(store.awake(9, 9)), store.get(one)?.askedAt], [[], 1]);
    const unreadable = { get: () => [], [Symbol.iterator]: fail } as unknown as Map<string, readonly Slot[]>;
    t.throws(() => store.record({ sleeps: [{ host: one, until: 0 }], spent: { first: unreadable } }), fault);
    t.same(hosts(store.awake(9, 9)), [], 'a record is all or nothing');
    store.wakeAll();
    t.same(hosts(store.awake(9, 9)), [one]);

    function fail(): never {
      throw fault;
    }
  });
}

function hosts(upkeeps: readonly Upkeep[]): string[] {
  return upkeeps.map(({ host }) => host);
}

function unwanted(): never {
  throw new Error('there is nothing to change');
}

/** As it is once it was written down. */
function plain(upkeep: Upkeep | undefined): unknown {
  return upkeep && JSON.parse(JSON.stringify(upkeep));
}

/** A certificate from 1970 on. */
function issued(notAfter: number): (upkeep: Upkeep) => Upkeep {
  return (upkeep) => afterIssue(upkeep, { ca: 'first', notBefore: 0, notAfter }, 'http-01', 0);
}
