import t, { type Test } from 'tap';
import type { Course } from '../../src/tenant/publication.ts';
import type { PublicationStore } from '../../src/tenant/publication-store.ts';
import type { TenantStore } from '../../src/tenant/store.ts';
import { policyDomain, policyOf, recording, revise } from '../tenant/revisions.ts';

/** New, empty stores of one state; `reopened` closes that of publications and opens it again. */
interface StoresUnderTest {
  open(t: Test): {
    readonly tenants: TenantStore;
    readonly publications: PublicationStore;
    reopened(): PublicationStore;
  };
}

const domain = policyDomain('example.com');
const other = policyDomain('xn--bcher-kva.example');

/** What every {@link PublicationStore} holds to. */
export function holdsThePublicationContract(name: string, { open }: StoresUnderTest): void {
  const test = (what: string, body: (t: Test, stores: ReturnType<typeof open>) => void) =>
    t.test(`${name}: ${what}`, async (t) => body(t, open(t)));

  test('where there is no tenant, there is no publication', (t, { publications }) => {
    t.equal(publications.get(domain), undefined);
    t.same(publications.awake(Number.MAX_SAFE_INTEGER, 9), []);
    t.equal(publications.nextWake(), undefined);
    t.same(publications.census(), {
      stages: { accepted: 0, certified: 0, serving: 0, announced: 0, observed: 0 },
      waitingSince: undefined,
    });
    let calls = 0;
    publications.change(domain, 1, (course) => {
      calls += 1;
      return course;
    });
    publications.wake([domain]);
    t.equal(calls, 0);
  });

  test('a publication begins with its revision, and a newer revision begins a new one', (t, stores) => {
    const { tenants, publications, reopened } = stores;
    const first = record(tenants, 'testing', 1000);
    t.match(publications.get(domain), {
      number: 1,
      id: first.id,
      mode: 'testing',
      stage: 'accepted',
      reached: { accepted: 1000 },
      takesBack: false,
    });
    publications.change(domain, 1, (course) => ({
      ...course,
      stage: 'observed',
      good: { number: 1, mode: 'testing' },
      handed: 'own',
      due: first.id,
      wakeAt: 9000,
    }));
    const second = record(tenants, 'enforce', 2000);
    const course = reopened().get(domain);
    t.match(course, { number: 2, id: second.id, stage: 'accepted', wakeAt: 0 });
    t.same(course?.good, { number: 1, mode: 'testing' }, 'what was observed before is known');
    t.equal(course?.handed, undefined);
    t.equal(course?.due, first.id, 'and its id stays in DNS for now');
  });

  test('what a step found out of an earlier revision changes nothing of the newer one', (t, stores) => {
    const { tenants, publications } = stores;
    record(tenants, 'testing', 1000);
    record(tenants, 'enforce', 2000);
    const changed = publications.change(domain, 1, (course) => ({ ...course, stage: 'observed' }));
    t.equal(changed, undefined);
    t.equal(publications.get(domain)?.stage, 'accepted');
  });

  test('a change is kept whole', (t, stores) => {
    const { tenants, publications, reopened } = stores;
    record(tenants, 'testing', 1000);
    const changed = publications.change(domain, 1, everything);
    t.match(changed, { waiting: { remedy: 'R' }, astray: { inRow: 1 }, good: { number: 1 }, wakeAt: 10 });
    t.same(reopened().get(domain), changed);
  });

  test('a change that fails changes nothing', (t, { tenants, publications }) => {
    record(tenants, 'testing', 1000);
    t.throws(() =>
      publications.change(domain, 1, () => {
        throw new Error('no');
      }),
    );
    t.equal(publications.get(domain)?.stage, 'accepted');
    publications.change(domain, 1, everything);
    t.equal(publications.get(domain)?.stage, 'serving');
  });

  test('they wake in the order of their times', (t, { tenants, publications }) => {
    record(tenants, 'testing', 1000);
    record(tenants, 'testing', 1000, other);
    t.same(
      publications.after('', 1).map((each) => each.domain),
      [domain],
    );
    t.same(
      publications.after(domain, 9).map((each) => each.domain),
      [other],
    );
    publications.change(domain, 1, (course) => ({ ...course, wakeAt: 5000.4 }));
    publications.change(other, 1, (course) => ({ ...course, wakeAt: 4000 }));
    t.equal(publications.nextWake(), 4000);
    t.same(names(publications, 3999), []);
    t.same(names(publications, 5000), [other]);
    t.same(names(publications, 5001), [other, domain]);
    t.same(
      publications.awake(9000, 1).map((each) => each.domain),
      [other],
    );
    publications.change(domain, 1, (course) => ({ ...course, setbacks: { inRow: 7, since: 1 } }));
    publications.wake([domain]);
    t.match(publications.get(domain), { wakeAt: 0 });
    t.equal(publications.get(domain)?.setbacks, undefined, 'growing pauses begin anew');
  });

  test('those whose publisher has something else in hand wake', (t, { tenants, publications }) => {
    record(tenants, 'testing', 1000);
    record(tenants, 'testing', 1000, other);
    publications.change(domain, 1, (course) => ({ ...course, handed: 'old', wakeAt: 5000 }));
    publications.change(other, 1, (course) => ({ ...course, handed: 'new', wakeAt: 5000 }));
    publications.wakeOthersThan('new');
    t.same(names(publications, 1), [domain]);
    t.equal(publications.get(domain)?.wakeAt, 0);
  });

  test('how many are where, and which wait longest', (t, { tenants, publications }) => {
    record(tenants, 'testing', 1000);
    record(tenants, 'testing', 1000, other);
    const waiting = (since: number) => ({ why: 'why', since, next: since + 1 });
    publications.change(domain, 1, (course) => ({ ...course, waiting: waiting(2000) }));
    publications.change(other, 1, (course) => ({ ...course, stage: 'observed', waiting: waiting(1500) }));
    t.match(publications.census(), { stages: { accepted: 1, serving: 0, observed: 1 }, waitingSince: 1500 });
    t.same(
      publications.waiting(9).map((each) => each.domain),
      [other, domain],
    );
    publications.change(other, 1, (course) => ({ ...course, waiting: undefined }));
    t.same(
      publications.waiting(9).map((each) => each.domain),
      [domain],
    );
  });

  test('a tenant that left is still to be taken out of DNS, and then forgotten', (t, stores) => {
    const { tenants, publications } = stores;
    record(tenants, 'none', 1000);
    publications.change(domain, 1, everything);
    tenants.record(recording({ left: [domain], now: 3000 }));
    t.match(publications.get(domain), { leftAt: 3000, wakeAt: 0 });
    t.equal(publications.get(domain)?.handed, undefined);
    publications.change(domain, 1, () => undefined);
    t.equal(publications.get(domain), undefined);
    t.equal(publications.nextWake(), undefined);
  });

  test('a tenant that left and came back begins anew', (t, { tenants, publications }) => {
    record(tenants, 'none', 1000);
    publications.change(domain, 1, everything);
    tenants.record(recording({ left: [domain], now: 3000 }));
    record(tenants, 'testing', 4000);
    const course = publications.get(domain);
    t.match(course, { number: 2, stage: 'accepted' });
    t.same([course?.leftAt, course?.good], [undefined, undefined]);
  });
}

function names(publications: PublicationStore, now: number): readonly string[] {
  return publications.awake(now, 9).map((each) => each.domain);
}

function record(tenants: TenantStore, mode: string, now: number, of = domain) {
  const standing = { newest: tenants.newest(of), served: tenants.isServed(of) };
  const revision = revise(of, policyOf(mode, now), standing, now);
  tenants.record(recording({ revisions: [revision], now }));
  return revision.revision;
}

function everything(course: Course): Course {
  return {
    ...course,
    stage: 'serving',
    reached: { accepted: 1, certified: 2, serving: 3 },
    waiting: { why: 'W', remedy: 'R', since: 4, next: 5 },
    clearedAt: 6,
    due: 'id',
    handedAt: 7,
    handed: 'own',
    byHand: 'set it',
    setbacks: { inRow: 2, since: 8 },
    astray: { inRow: 1, since: 9 },
    overtaken: 'id',
    good: { number: 1, mode: 'testing' },
    takesBack: true,
    wakeAt: 10,
  };
}
