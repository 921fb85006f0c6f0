import t, { type Test } from 'tap';
import type { Announcement, Publisher } from '../../src/announce/publisher.ts';
import { eventually } from '../peers/eventually.ts';
import { policyDomain } from '../tenant/revisions.ts';

/** A publisher, and another hand that sees and changes the records that it writes to. */
export interface PublisherUnderTest {
  /** A zone that it may change. */
  readonly zone: string;
  /** With the right secret, to where the server is. */
  readonly publisher: Publisher;
  readonly withWrongSecret: Publisher;
  /** To where nobody is. */
  readonly toNobody: Publisher;
  /** None of these may ever be told. */
  readonly secrets: readonly string[];
  /** The records of a name, as they are served or kept: TXT texts with their time to live. */
  held(name: string): Promise<readonly { text: string; ttl: number }[]>;
  /** Puts a record there beside what is there. */
  put(record: { name: string; type: 'TXT' | 'CNAME'; value: string }): Promise<void>;
  /** Removes all TXT records of a name. */
  remove(name: string): Promise<void>;
  /** Changes with every change of the zone. */
  version(): Promise<string>;
}

const ONE = 'v=STSv1; id=20261129T120000Z01234567;';
const TWO = 'v=STSv1; id=20261129T120001Z89abcdef;';
const REPORTS = 'v=TLSRPTv1; rua=mailto:reports@example.test';
const domain = policyDomain('tenant.test');
const signal = new AbortController().signal;

/** What every {@link Publisher} that looks before it writes holds to. */
export function keepsTheContract(name: string, under: PublisherUnderTest): void {
  const { publisher, zone } = under;
  let names = 0;
  const test = (what: string, body: (t: Test, name: string) => Promise<void>) => {
    names += 1;
    const owner = `tenant${names}.test._mta-sts.${zone}`;
    return t.test(`${name}: ${what}`, (t) => body(t, owner));
  };
  const announce = (to: Partial<Announcement> & Pick<Announcement, 'name'>, by = publisher) =>
    by.announce({ domain, text: ONE, ttl: 120, ...to }, signal);
  const texts = async (name: string) => (await under.held(name)).map(({ text }) => text);
  const done = { outcome: 'announced' };

  test('a record comes, changes and goes, and nothing is written that is there', async (t, name) => {
    t.same(await announce({ name }), done);
    t.same(await under.held(name), [{ text: ONE, ttl: 120 }]);
    const version = await under.version();
    t.same(await announce({ name }), done);
    t.equal(await under.version(), version, 'the same again writes nothing');
    t.same(await announce({ name, text: TWO }), done);
    t.same(await texts(name), [TWO]);
    t.not(await under.version(), version);
    t.same(await announce({ name, text: TWO, ttl: 300 }), done);
    t.same(await under.held(name), [{ text: TWO, ttl: 300 }], 'the time to live alone');
    t.same(await announce({ name, text: undefined }), done);
    t.same(await under.held(name), []);
    const gone = await under.version();
    t.same(await announce({ name, text: undefined }), done);
    t.equal(await under.version(), gone);
  });

  test('a text of several strings', async (t, name) => {
    const text = `${REPORTS}${',https://reports.example.test/'.repeat(20)}`;
    t.same(await announce({ name, text }), done);
    t.same(await texts(name), [text]);
    const version = await under.version();
    t.same(await announce({ name, text }), done);
    t.equal(await under.version(), version);
  });

  test('what is not ours stays, and what stands beside it', async (t, name) => {
    await under.put({ name, type: 'TXT', value: 'v=STSv1; id=2021;' });
    const version = await under.version();
    for (const text of [ONE, undefined]) {
      const outcome = await announce({ name, text });
      t.match(outcome, { outcome: 'foreign', why: /"v=STSv1; id=2021;"/, remedy: /Delete/ });
    }
    t.equal(await under.version(), version);
    await under.put({ name, type: 'TXT', value: ONE });
    t.match(await announce({ name, text: TWO }), { outcome: 'foreign' });
    t.same((await texts(name)).toSorted(), [ONE, 'v=STSv1; id=2021;'].toSorted());
    t.same(await announce({ name, text: TWO, earlier: ['v=STSv1; id=2021;'] }), done, 'it was ours');
    t.same(await texts(name), [TWO]);
  });

  test('nothing is set beside an alias', async (t, name) => {
    await under.put({ name, type: 'CNAME', value: `elsewhere.${zone}` });
    for (const text of [ONE, undefined]) {
      t.match(await announce({ name, text, isOurName: true }), { outcome: 'foreign', why: /CNAME/ });
    }
  });

  test('what another Postseal announced is taken over', async (t, name) => {
    await under.put({ name, type: 'TXT', value: ONE });
    await under.put({ name, type: 'TXT', value: TWO });
    t.same(await announce({ name, text: TWO }), done);
    t.same(await texts(name), [TWO]);
  });

  test('at a name of ours, any record of the kind is replaced, and no other', async (t, name) => {
    await under.put({ name, type: 'TXT', value: 'v=STSv1; id=2021;' });
    t.same(await announce({ name, isOurName: true }), done);
    t.same(await texts(name), [ONE]);
    await under.put({ name, type: 'TXT', value: 'a-token-of-somebody=1' });
    t.match(await announce({ name, text: TWO, isOurName: true }), { outcome: 'foreign' });
  });

  test('what differs from what was announced shows, and is mended', async (t, name) => {
    const present = async () => {
      const presence = await publisher.present?.(name, signal);
      return presence?.outcome === 'present' ? presence.texts : presence;
    };
    t.same(await present(), []);
    await announce({ name });
    t.same(await present(), [ONE]);
    await under.remove(name);
    t.same(await present(), []);
    t.same(await announce({ name }), done);
    t.same(await present(), [ONE]);
    await under.put({ name, type: 'TXT', value: TWO });
    t.same(((await present()) as string[]).toSorted(), [ONE, TWO]);
    t.same(await announce({ name }), done);
    t.same(await texts(name), [ONE]);
  });

  test('many at once', async (t, name) => {
    // A server may be too busy with one to take another: then again.
    const insist = (to: Parameters<typeof announce>[0]) =>
      eventually('an answer', async () => {
        const outcome = await announce(to);
        return outcome.outcome !== 'unreachable' && outcome.outcome !== 'rate-limited' && outcome;
      });
    const others = Array.from({ length: 8 }, (_, index) => insist({ name: `n${index}.${name}` }));
    t.same(await Promise.all(others), Array(8).fill(done));
    await Promise.all([insist({ name }), insist({ name, text: TWO })]);
    t.equal((await texts(name)).length, 1, 'one of the two, and never both');
  });

  test('a wrong secret is told with its remedy, and shown nowhere', async (t, name) => {
    const outcome = await announce({ name }, under.withWrongSecret);
    t.match(outcome, { outcome: 'refused', why: /./, remedy: /dns\.[a-z\d]+\./ });
    t.match(await under.withWrongSecret.present?.(name, signal), { outcome: 'refused' });
    t.same(await under.held(name), []);
    for (const secret of under.secrets) t.notOk(JSON.stringify(outcome).includes(secret));
  });

  test('a name that lies in no zone of theirs is refused', async (t) => {
    t.match(await announce({ name: '_mta-sts.elsewhere.invalid' }), { outcome: 'refused', remedy: /./ });
  });

  test('nobody there, to be tried again', async (t, name) => {
    const outcome = await announce({ name }, under.toNobody);
    t.match(outcome, { outcome: 'unreachable', why: /ECONNREFUSED/ });
    for (const secret of under.secrets) t.notOk(JSON.stringify(outcome).includes(secret));
  });

  test('given up when told to', async (t, name) => {
    const reason = new Error('enough');
    const asked = publisher.announce({ domain, name, text: ONE, ttl: 120 }, AbortSignal.abort(reason));
    await t.rejects(asked, reason);
  });
}
