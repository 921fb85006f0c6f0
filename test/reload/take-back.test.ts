import t, { type Test } from 'tap';
import { Revising } from '../../src/app/publications/revising.ts';
import type { PolicyId } from '../../src/policy/policy-id.ts';
import { DocumentFolder } from '../../src/store/files/document-folder.ts';
import { openPublications } from '../../src/store/files/publication-file.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { Desk, documentOf, textOf } from './desk.ts';

const domain = policyDomain('example.com');
const FILE = 'example.com.yaml';
const TAKEN_BACK = /did not reach senders \(a cache\): the earlier one is served again/;

/** A desk with a document that was changed from `a` to `b`, and what takes texts back. */
async function changed(t: Test) {
  const desk = new Desk();
  t.teardown(() => desk.remove());
  for (const mx of ['a', 'b']) {
    desk.writeOld(FILE, documentOf(domain, [`${mx}.example.com`]));
    await desk.settle();
  }
  const revising = () =>
    new Revising({
      job: desk.job,
      store: desk.store,
      folder: new DocumentFolder(desk.policies),
      now: desk.now,
    });
  return { desk, revising };
}

t.test('a text that is taken back comes again under a new id, and its document is held', async (t) => {
  const { desk, revising } = await changed(t);
  const before = desk.store.revisions(domain);
  t.equal(await revising().takeBack(domain, 2, 1, 'a cache'), 'done');
  const after = desk.store.revisions(domain);
  t.equal(after.length, 3);
  t.equal(desk.served.get(domain), textOf(['a.example.com']));
  t.match(after[2], { number: 3, actor: 'postseal', text: before[0]?.text });
  t.ok((after[2]?.id ?? '') > (before[1]?.id ?? ''), 'the id is none of those before');
  t.equal(desk.store.announceableFor(domain)?.id, after[2]?.id, 'it is settled');
  t.match(desk.flaws(FILE), [TAKEN_BACK]);
  const publications = openPublications(desk.state);
  t.match(publications.get(domain), { number: 3, takesBack: true, stage: 'accepted' });
  publications.close();
});

t.test('it stays held over looks and restarts, and until the document changes', async (t) => {
  const { desk, revising } = await changed(t);
  await revising().takeBack(domain, 2, 1, 'a cache');
  await desk.settle();
  desk.restart();
  await desk.settle();
  // As a checkout, which gives the same bytes another time.
  desk.writeOld(FILE, documentOf(domain, ['b.example.com']));
  await desk.settle();
  t.equal(desk.served.get(domain), textOf(['a.example.com']));
  t.equal(desk.store.revisions(domain).length, 3);
  t.match(desk.flaws(FILE), [TAKEN_BACK]);
  desk.writeOld(FILE, `# mended\n${documentOf(domain, ['b.example.com'])}`);
  await desk.settle();
  t.equal(desk.served.get(domain), textOf(['b.example.com']), 'a comment is enough to try once more');
  t.equal(desk.store.revisions(domain).length, 4);
  t.same(desk.flaws(FILE), []);
  t.equal(desk.store.held(domain), undefined);
});

t.test('a document that says what is served is not held, and the other text is new after that', async (t) => {
  const { desk, revising } = await changed(t);
  await revising().takeBack(domain, 2, 1, 'a cache');
  for (const mx of ['a', 'b']) {
    desk.writeOld(FILE, documentOf(domain, [`${mx}.example.com`]));
    await desk.settle();
    t.equal(desk.served.get(domain), textOf([`${mx}.example.com`]));
    t.same(desk.flaws(FILE), []);
  }
});

t.test('what has changed meanwhile is not taken back', async (t) => {
  const { desk, revising } = await changed(t);
  desk.writeOld(FILE, documentOf(domain, ['c.example.com']));
  t.equal(
    await revising().takeBack(domain, 2, 1, 'a cache'),
    'changing',
    'the document says something else by now',
  );
  await desk.settle();
  t.equal(await revising().takeBack(domain, 2, 1, 'a cache'), 'changing', 'and that is the newest');
  t.equal(desk.served.get(domain), textOf(['c.example.com']));
  t.equal(await revising().takeBack(domain, 3, 3, 'a cache'), 'no-way-back');
  t.equal(await revising().takeBack(domain, 3, 9, 'a cache'), 'no-way-back');
  t.equal(desk.store.revisions(domain).length, 3);
});

t.test('an id in DNS that is later than ours is overtaken with the same text', async (t) => {
  const { desk, revising } = await changed(t);
  const later = '29991231T000000Z00000000' as PolicyId;
  await revising().overtake(domain, 1, later);
  t.equal(desk.store.revisions(domain).length, 2, 'of the newest revision only');
  await revising().overtake(domain, 2, later);
  const [, second, third] = desk.store.revisions(domain);
  t.equal(third?.text, second?.text);
  t.ok((third?.id ?? '') > later);
  await desk.settle();
  t.equal(desk.store.revisions(domain).length, 3, 'the document says the same');
});
