import t, { type Test } from 'tap';
import type { Hostname } from '../../src/names/hostname.ts';
import type { TenantQuery } from '../../src/tenant/desk.ts';
import type { Revision } from '../../src/tenant/revision.ts';
import type { DocumentEntry, NewRevision, TenantStore } from '../../src/tenant/store.ts';
import { policyDomain, policyOf, recording, revise } from '../tenant/revisions.ts';

/** Makes a new, empty store; `reopened` closes it and opens it again. */
export interface StoreUnderTest {
  open(t: Test): { readonly store: TenantStore; reopened(): TenantStore };
}

const domain = policyDomain('example.com');
const other = policyDomain('xn--bcher-kva.example');
const never = policyDomain('never.example');

/** What every {@link TenantStore} holds to. */
export function holdsTheContract(name: string, { open }: StoreUnderTest): void {
  const test = (what: string, body: (t: Test, store: TenantStore, reopened: () => TenantStore) => void) =>
    t.test(`${name}: ${what}`, async (t) => {
      const { store, reopened } = open(t);
      body(t, store, reopened);
    });

  test('an empty store has nothing', (t, store) => {
    t.equal(store.newest(domain), undefined);
    t.same([store.revisions(domain), store.servings(domain), store.entriesFor(domain)], [[], [], []]);
    t.same([[...store.announceable()], store.entriesAfter('', 100), store.flawed(100)], [[], [], []]);
    t.equal(store.isServed(domain), false);
    t.equal(store.servedCount(), 0);
    t.equal(store.entry('example.com.yaml'), undefined);
    store.record(recording({}));
    store.settle([never], 5);
    store.record(recording({ forgotten: ['never.example.yaml'], left: [never] }));
    t.equal(store.servedCount(), 0);
  });

  test('a revision is kept to the byte, and served from its recording on', (t, store, reopened) => {
    const first = next(store, domain, 'enforce', 1000);
    store.record(recording({ revisions: [first], now: 1001 }));
    t.same([...store.announceable()], [], 'yet not to be announced before every worker serves it');
    store.settle([domain], 1002);
    for (const get of [() => store, reopened]) {
      const found = get();
      t.strictSame({ ...found.newest(domain) }, first.revision);
      t.strictSame(plain(found.revisions(domain)), [first.revision]);
      t.strictSame(found.servings(domain), [
        { mode: 'enforce', max_age: 1000, from: 1001, until: undefined },
      ]);
      t.same([...found.announceable()], [{ domain, id: first.revision.id }]);
      t.equal(found.isServed(domain), true);
      t.equal(found.servedCount(), 1);
      t.equal(found.newest(other), undefined);
    }
  });

  test('the earlier id stays the one to announce until every worker serves the newer text', (t, store) => {
    const first = next(store, domain, 'testing', 1);
    store.record(recording({ revisions: [first], now: 1000 }));
    store.settle('all', 1001);
    const second = next(store, domain, 'testing', 2);
    store.record(recording({ revisions: [second], now: 2000 }));
    t.equal(store.announceableFor(domain)?.id, first.revision.id);
    store.settle([other], 2001);
    t.equal(store.announceableFor(domain)?.id, first.revision.id);
    store.settle('all', 2001);
    t.equal(store.announceableFor(domain)?.id, second.revision.id);
    store.record(recording({ left: [domain], now: 3000 }));
    t.equal(store.announceableFor(domain), undefined);
  });

  test('who left while workers may still serve it is told until that is settled', (t, store) => {
    store.record(recording({ revisions: [next(store, domain, 'enforce', 1)], now: 1000 }));
    store.settle('all', 1000);
    t.same(store.leaving(), []);
    store.record(recording({ left: [domain], now: 2000 }));
    t.same(store.leaving(), [domain]);
    store.settle([domain], 2001);
    t.same(store.leaving(), []);
  });

  test('the ledger of earlier revisions is closed, never that of the newest', (t, store) => {
    for (const [index, now] of [1000, 2000, 3000].entries()) {
      store.record(recording({ revisions: [next(store, domain, 'testing', index)], now }));
    }
    store.record(recording({ revisions: [next(store, other, 'testing', 7)], now: 3000 }));
    store.settle([domain], 3500);
    store.settle([domain, other, never], 4000);
    t.same(
      times(store, domain),
      [
        [1000, 3500],
        [2000, 3500],
        [3000, undefined],
      ],
      'and once only',
    );
    t.same(times(store, other), [[3000, undefined]]);
  });

  test('a clock that was set back makes no serving end before it began', (t, store) => {
    store.record(recording({ revisions: [next(store, domain, 'testing', 1)], now: 5000 }));
    store.record(recording({ revisions: [next(store, domain, 'none', 2)], now: 3000 }));
    store.settle([domain], 3001);
    t.same(times(store, domain), [
      [5000, 5000],
      [3000, undefined],
    ]);
    store.record(recording({ left: [domain], now: 2000 }));
    store.settle([domain], 2000);
    t.same(times(store, domain), [
      [5000, 5000],
      [3000, 3000],
    ]);
  });

  test('a tenant that left is not served, yet its revisions are kept', (t, store, reopened) => {
    const first = next(store, domain, 'none', 1);
    store.record(recording({ revisions: [first, next(store, other, 'testing', 1)], now: 1000 }));
    store.record(recording({ left: [domain], now: 2000 }));
    store.settle([domain, other], 2000);
    for (const get of [() => store, reopened]) {
      const found = get();
      t.equal(found.isServed(domain), false);
      t.same(
        [...found.announceable()].map((tenant) => tenant.domain),
        [other],
      );
      t.equal(found.servedCount(), 1);
      t.equal(found.newest(domain)?.id, first.revision.id);
      t.same(times(found, domain), [[1000, 2000]]);
    }
  });

  test('a tenant that left may come back', (t, store) => {
    store.record(recording({ revisions: [next(store, domain, 'none', 1)], now: 1000 }));
    store.record(recording({ left: [domain], now: 2000 }));
    store.settle([domain], 2000);
    const second = next(store, domain, 'none', 1);
    store.record(recording({ revisions: [second], now: 3000 }));
    t.same([...store.announceable()], [], 'the id with which it left does not come back');
    store.settle([domain], 3000);
    t.equal(second.revision.number, 2);
    t.same([...store.announceable()], [{ domain, id: second.revision.id }]);
    t.same(times(store, domain), [
      [1000, 2000],
      [3000, undefined],
    ]);
  });

  test('what was served elsewhere is in the ledger, and nothing of it is served here', (t, store, reopened) => {
    const first = next(store, domain, 'enforce', 1000);
    store.adopt([{ ...first, from: 500, until: undefined }]);
    store.settle('all', 1000);
    for (const get of [() => store, reopened]) {
      const found = get();
      t.equal(found.isServed(domain), false);
      t.equal(found.servedCount(), 0);
      t.equal(found.newest(domain)?.id, first.revision.id, 'its id counts as used');
      t.same([found.leaving(), [...found.announceable()]], [[], []]);
      t.same([...found.everyDomain()], [domain]);
      t.strictSame(found.servings(domain), [{ mode: 'enforce', max_age: 1000, from: 500, until: undefined }]);
    }
    const again = reopened();
    const second = next(again, domain, 'testing', 1000);
    t.equal(second.revision.number, 2);
    again.record(recording({ revisions: [second], now: 2000 }));
    t.same([...again.announceable()], [], 'never the id of the other');
    again.settle('all', 2001);
    t.equal(again.announceableFor(domain)?.id, second.revision.id);
    t.same(
      times(again, domain),
      [
        [500, undefined],
        [2000, undefined],
      ],
      'it may be served elsewhere although we serve the next',
    );
    again.settleAdopted([domain, never], 3000);
    again.settleAdopted([domain], 4000);
    t.same(times(again, domain), [
      [500, 3000],
      [2000, undefined],
    ]);
    t.throws(
      () => again.adopt([{ ...next(again, domain, 'none', 1), from: 1, until: 2 }]),
      'it is served here',
    );
    t.equal(again.revisions(domain).length, 2);
  });

  test('a history that was served elsewhere is adopted as a whole or not at all', (t, store) => {
    const one = { ...next(store, domain, 'enforce', 1), from: 1000, until: 2000 };
    const { revision } = next(store, domain, 'testing', 9);
    const two = { ...one, revision: { ...revision, number: 2 }, from: 2000, until: undefined };
    t.throws(() => store.adopt([one, { ...two, revision: { ...two.revision, id: one.revision.id } }]));
    t.equal(store.newest(domain), undefined);
    store.adopt([one, two]);
    t.same(times(store, domain), [
      [1000, 2000],
      [2000, undefined],
    ]);
    store.record(recording({ revisions: [next(store, other, 'testing', 1)], now: 1 }));
    t.same([...store.everyDomain()], [domain, other]);
  });

  test('documents are indexed with their flaws', (t, store, reopened) => {
    const flaw = {
      path: 'labels["a\\"b"]',
      message: 'M\u2028\ud83d\ude00',
      remedy: 'R',
      rfc: 'RFC 8461',
      line: 2,
      column: 7,
    };
    const good = entryOf('example.com.yaml', domain, 's1');
    const bad = {
      ...entryOf('EXAMPLE.com.yml', domain, 's2'),
      flaws: [flaw, { path: '', message: 'a', remedy: 'b' }],
    };
    const nameless = { ...entryOf('a_b.yaml', undefined, 's3'), flaws: [flaw] };
    store.record(recording({ entries: [good, bad, nameless] }));
    for (const get of [() => store, reopened]) {
      const found = get();
      t.strictSame(found.entry('example.com.yaml'), good);
      t.strictSame(found.entriesFor(domain), [bad, good], 'in the order of their names');
      t.strictSame(found.flawed(100), [bad, nameless]);
      t.strictSame(found.entriesAfter('', 100), [bad, nameless, good]);
    }
  });

  test('a document whose policy was taken back is held until a good one is met, or the tenant leaves', (t, store, reopened) => {
    const flaw = { path: 'policy', message: 'M', remedy: 'R', rfc: 'RFC 8461' };
    const held = { domain, digest: 'd1', flaw };
    const file = 'example.com.yaml';
    const entry = { ...entryOf(file, domain, 's1'), flaws: [flaw] };
    const back = { ...next(store, domain, 'enforce', 1), takesBack: true };
    store.record(recording({ revisions: [back], entries: [entry], held: [held], now: 1000 }));
    t.strictSame(reopened().held(domain), held);
    const kept = reopened();
    kept.record(
      recording({
        entries: [{ ...entry, stamp: 's2' }],
        revisions: [next(kept, domain, 'none', 2)],
        now: 1001,
      }),
    );
    t.strictSame(kept.held(domain), held, 'a flawed entry does not end it');
    kept.record(recording({ entries: [entryOf(file, domain, 's3')] }));
    t.equal(kept.held(domain), undefined);
    kept.record(recording({ held: [held] }));
    kept.record(recording({ left: [domain], now: 2000 }));
    t.equal(kept.held(domain), undefined);
  });

  test('an entry is replaced and forgotten', (t, store) => {
    const file = 'example.com.yaml';
    store.record(
      recording({
        entries: [{ ...entryOf(file, domain, 's1'), flaws: [{ path: '', message: 'a', remedy: 'b' }] }],
      }),
    );
    store.record(recording({ entries: [entryOf(file, domain, 's2')] }));
    t.strictSame(store.entriesAfter('', 100), [entryOf(file, domain, 's2')]);
    t.same(store.flawed(100), []);
    store.record(recording({ entries: [entryOf(file, other, 's3')], forgotten: [file] }));
    t.strictSame(store.entriesFor(other), [entryOf(file, other, 's3')], 'what is found counts for more');
    t.same(store.entriesFor(domain), []);
    store.record(recording({ forgotten: [file] }));
    t.same(store.entriesAfter('', 100), []);
  });

  test('a recording is all or nothing', (t, store, reopened) => {
    const first = next(store, domain, 'testing', 1);
    store.record(
      recording({ revisions: [first], entries: [entryOf('example.com.yaml', domain, 's1')], now: 1000 }),
    );
    store.settle('all', 1000);
    const again = { ...next(store, domain, 'testing', 2), revision: first.revision };
    const sameId = { ...next(store, domain, 'testing', 3) };
    const reused = { ...sameId, revision: { ...sameId.revision, id: first.revision.id } };
    for (const bad of [again, reused]) {
      t.throws(() =>
        store.record(
          recording({
            entries: [entryOf('example.com.yaml', domain, 's2'), entryOf('new.example.yaml', never, 's')],
            forgotten: ['example.com.yaml'],
            revisions: [next(store, other, 'testing', 1), bad],
            left: [domain],
            now: 2000,
          }),
        ),
      );
      t.strictSame(store.entriesAfter('', 100), [entryOf('example.com.yaml', domain, 's1')]);
      t.same([...store.announceable()], [{ domain, id: first.revision.id }]);
      t.equal(store.newest(other), undefined);
    }
    store.record(recording({ revisions: [next(store, other, 'testing', 1)], now: 3000 }));
    t.equal(reopened().servedCount(), 2, 'and it goes on after that');
  });

  test('served tenants are listed page by page, by what is asked for', (t, store, reopened) => {
    const names = ['a.example', 'ab.example', 'b.example', 'xn--bcher-kva.example'].map(policyDomain);
    const modes = ['none', 'testing', 'enforce', 'testing'];
    const revisions = names.map((name, index) => next(store, name, modes[index] ?? '', index));
    const labels = names.map((name, index) => ({
      domain: name,
      labels: { tier: index < 2 ? 'gold' : 'tin', [`n${index}`]: '"\u2028é' },
    }));
    store.record(recording({ revisions, labels, now: 1000 }));
    const found = (query: Partial<TenantQuery>): readonly string[] =>
      reopened()
        .list({ after: '', limit: 10, ...query })
        .map((one) => one.domain);
    t.same(found({}), names);
    t.same(found({ limit: 2 }), names.slice(0, 2));
    t.same(found({ limit: 2, after: 'ab.example' }), names.slice(2));
    t.same(found({ name: 'B.ex' }), ['ab.example', 'b.example']);
    t.same(found({ name: 'bücher' }), ['xn--bcher-kva.example']);
    t.same(found({ name: '%' }), []);
    t.same(found({ mode: 'testing' }), ['ab.example', 'xn--bcher-kva.example']);
    t.same(found({ stage: 'accepted' }), names);
    t.same(found({ stage: 'observed' }), []);
    t.same(found({ labels: { tier: 'gold' } }), ['a.example', 'ab.example']);
    t.same(found({ labels: { tier: 'gold' }, after: 'a.example' }), ['ab.example']);
    t.same(found({ labels: { tier: 'tin', n3: '"\u2028é' } }), ['xn--bcher-kva.example']);
    t.same(found({ labels: { tier: '' } }), []);
    t.same(found({ labels: { tier: 'gold' }, mode: 'none', name: 'a' }), ['a.example']);
    t.same(found({ only: { domains: [], labels: {} } }), []);
    const only = { domains: names.slice(2, 3), labels: { n0: '"\u2028é', tier: 'no' } };
    t.same(found({ only }), ['a.example', 'b.example']);
    t.same(found({ only, labels: { tier: 'tin' } }), ['b.example']);
    const [first] = revisions;
    t.same(reopened().summary(names[0] as Hostname), {
      ...{ domain: 'a.example', mode: 'none', max_age: 0, labels: labels[0]?.labels },
      ...{ revision: 1, id: first?.revision.id, at: first?.revision.at, stage: 'accepted', flaws: [] },
    });
    t.equal(reopened().summary(never), undefined);
  });

  test('labels are those of the last good document, and go with the tenant', (t, store) => {
    const flaws = [{ path: '', message: 'a', remedy: 'b' }];
    const labels = { customer: '42' };
    store.record(
      recording({ revisions: [next(store, domain, 'none', 1)], labels: [{ domain, labels }], now: 1 }),
    );
    store.record(recording({ entries: [{ ...entryOf('example.com.yaml', domain, 's'), flaws }], now: 2 }));
    t.match(store.list({ after: '', limit: 1 }), [{ labels, flaws }]);
    store.record(recording({ labels: [{ domain, labels: { tier: 'gold' } }], now: 3 }));
    t.same(store.labels(domain), { tier: 'gold' });
    store.record(recording({ left: [domain], now: 4 }));
    t.same(store.labels(domain), {});
    t.same(store.list({ after: '', limit: 1 }), []);
  });

  test('an intent is kept until it comes true, and one to leave until it is forgotten', (t, store, reopened) => {
    const intent = { actor: 'token:a', address: '::1', cause: 'c', at: 5, leaves: false, isDone: false };
    store.intend([
      { domain, digest: 'old', ...intent },
      { domain, digest: 'x', ...intent },
      { domain: other, digest: 'y', ...intent, leaves: true },
    ]);
    t.same(store.intent(domain), { domain, digest: 'x', ...intent });
    store.record(recording({ fulfilled: [domain, other, never], now: 6 }));
    t.equal(store.intent(domain), undefined);
    const found = reopened();
    t.same(found.intentsToLeave(), [{ domain: other, digest: 'y', ...intent, leaves: true, isDone: true }]);
    found.forgetIntents([other, never]);
    t.same(found.intentsToLeave(), []);
  });

  test('lists can be read at the same time, in part, and while recording', (t, store) => {
    const domains = Array.from({ length: 50 }, (_, index) => policyDomain(`d${index + 10}.example`));
    store.record(
      recording({
        revisions: domains.map((one) => next(store, one, 'testing', 1)),
        entries: domains.map((one) => entryOf(`${one}.yaml`, one, 's')),
        now: 1,
      }),
    );
    store.settle('all', 2);
    const list = () => store.announceable();
    const [one, two] = [list()[Symbol.iterator](), list()[Symbol.iterator]()];
    const found = Array.from({ length: 50 }, () => [one.next().value?.domain, two.next().value?.domain]);
    t.same(
      found,
      domains.map((name) => [name, name]),
    );
    for (const { domain: first } of list()) {
      t.equal(first, domains[0]);
      break;
    }
    let count = 0;
    for (const { domain: one } of list()) {
      store.settle([one], 9);
      count += 1;
    }
    t.equal(count, 50);
  });
}

function next(store: TenantStore, of: Hostname, mode: string, max_age: number): NewRevision {
  const standing = { newest: store.newest(of), served: store.isServed(of) };
  return revise(of, policyOf(mode, max_age), standing, 1_700_000_000_000);
}

function entryOf(file: string, of: Hostname | undefined, stamp: string): DocumentEntry {
  return { file, domain: of, stamp, flaws: [] };
}

function times(store: TenantStore, of: Hostname): (number | undefined)[][] {
  return store.servings(of).map(({ from, until }) => [from, until]);
}

function plain(revisions: readonly Revision[]): Revision[] {
  return revisions.map((revision) => ({ ...revision }));
}
