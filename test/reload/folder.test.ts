import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import t from 'tap';
import { Desk, documentOf, textOf } from './desk.ts';

// A busy machine is slow, not wrong.
t.setTimeout(120_000);

const GOOD = documentOf('example.test', ['mx1.example.test']);

function desk(t: Tap): Desk {
  const desk = new Desk();
  t.teardown(() => desk.remove());
  return desk;
}

type Tap = Pick<typeof t, 'teardown'>;

t.test('whatever stands under a document name keeps no other document from being served', async (t) => {
  const at = desk(t);
  symlinkSync('loop.test.yaml', at.file('loop.test.yaml'));
  symlinkSync('nowhere', at.file('dangling.test.yaml'));
  mkdirSync(at.file('folder.test.yaml'));
  at.writeOld('deep.test.yaml', '['.repeat(20_000));
  at.writeOld('bytes.test.yaml', '\u0000');
  at.write('no_domain.yaml', GOOD);
  at.write('example.test.yaml', GOOD);
  await at.settle();
  t.equal(at.served.get('example.test'), textOf(['mx1.example.test']));
  t.equal(at.served.size, 1);
  for (const name of ['loop.test', 'deep.test', 'bytes.test', 'no_domain']) {
    t.equal(at.flaws(`${name}.yaml`).length > 0, true, name);
  }
  t.match(at.flaws('loop.test.yaml'), [/ELOOP/]);
  t.equal(at.store.flawedCount(), 4);
  // How deep brackets may nest before the stack ends is not the same each time, and so neither are the flaws.
  const toldOf = () => at.logged('document_flawed').filter(({ file }) => file !== 'deep.test.yaml').length;
  const told = toldOf();
  await at.settle();
  t.equal(toldOf(), told, 'a flaw that stays is not told again');
  at.restart();
  await at.settle();
  t.equal(toldOf(), 2 * told, 'but after each start');
});

t.test('a file that could not be read for a while is read when it can be', async (t) => {
  const at = desk(t);
  mkdirSync(at.file('elsewhere'));
  symlinkSync('elsewhere/x', at.file('example.test.yaml'));
  symlinkSync('x', at.file('elsewhere/x'));
  await at.settle();
  t.match(at.flaws('example.test.yaml'), [/ELOOP/]);
  rmSync(at.file('elsewhere/x'));
  at.writeOld('elsewhere/x', GOOD);
  await at.settle();
  t.same(at.flaws('example.test.yaml'), []);
  t.equal(at.served.get('example.test'), textOf(['mx1.example.test']));
});

t.test('a document replaced by a folder has vanished, and is told so once', async (t) => {
  const at = desk(t);
  at.write('example.test.yaml', GOOD);
  await at.settle();
  rmSync(at.file('example.test.yaml'));
  mkdirSync(at.file('example.test.yaml'));
  await at.settle();
  await at.settle();
  t.match(at.flaws('example.test.yaml'), [/gone/]);
  t.equal(at.logged('document_flawed').length, 1);
  t.equal(at.served.size, 1);
});

t.test('a file time to come keeps no document from being read', async (t) => {
  const at = desk(t);
  at.write('example.test.yaml', GOOD);
  const later = new Date(Date.now() + 86_400_000);
  utimesSync(at.file('example.test.yaml'), later, later);
  t.match(await at.look(), { changing: ['example.test.yaml'], revised: 0 });
  t.match(await at.settle(), { changing: [], revised: 1 });
});

t.test(
  'a good document is believed at once where its end is certain, or where it was put in place whole',
  async (t) => {
    const at = desk(t);
    at.write(
      'json.test.yaml',
      JSON.stringify({ domain: 'json.test', policy: { mode: 'none', max_age: 86400 } }),
    );
    at.write('list.test.yaml', documentOf('list.test', ['mx1.example.test']));
    at.write('whole.test.yaml', documentOf('whole.test', ['mx1.example.test']));
    const justNow = new Date(Date.now() - 20);
    utimesSync(at.file('whole.test.yaml'), justNow, justNow);
    t.match(await at.look(), { changing: ['list.test.yaml'], revised: 2 });
  },
);

t.test('a bad document is told only when it stays so', async (t) => {
  const at = desk(t);
  at.write('example.test.yaml', GOOD);
  await at.settle();
  at.write('example.test.yaml', '');
  await at.look();
  t.same(at.logged('document_flawed'), []);
  await at.settle();
  t.match(at.logged('document_flawed'), [{ file: 'example.test.yaml' }]);
  t.equal(at.served.get('example.test'), textOf(['mx1.example.test']));
});

t.test('a document that is gone for a moment has not vanished', async (t) => {
  const at = desk(t);
  at.write('example.test.yaml', GOOD);
  await at.settle();
  rmSync(at.file('example.test.yaml'));
  t.match(await at.look(), { changing: ['example.test.yaml'] });
  at.write('example.test.yaml', GOOD);
  await at.settle();
  t.same(at.logged('document_flawed'), []);
});

t.test('two files for one domain', async (t) => {
  const at = desk(t);
  at.write('Example.test.yaml', GOOD);
  await at.settle();
  at.write('example.test.yml', documentOf('example.test', ['mx2.example.test']));
  await at.settle();
  t.match(at.flaws('Example.test.yaml'), [/Another file/]);
  t.match(at.flaws('example.test.yml'), [/Another file/]);
  t.equal(at.served.get('example.test'), textOf(['mx1.example.test']), 'the last good one is served');
  rmSync(at.file('Example.test.yaml'));
  await at.settle();
  t.equal(at.served.get('example.test'), textOf(['mx2.example.test']), 'the one that is left is served');
  t.equal(at.store.flawedCount(), 0);
});

t.test('two new files for one domain, of which one is still being written', async (t) => {
  const at = desk(t);
  at.writeOld('example.test.yml', GOOD);
  at.write('example.test.yaml', 'domain: exam');
  const { changing, wait } = await at.look();
  at.write('example.test.yaml', GOOD);
  at.ahead.uptime += wait;
  await at.look(new Set(changing));
  await at.settle();
  t.equal(at.served.size, 0);
  t.equal(at.store.flawedCount(), 2);
});

for (const [from, to] of [
  ['Example.test.yaml', 'example.test.yml'],
  ['EXAMPLE.test.yaml', 'example.test.yaml'],
] as const) {
  t.test(`${from} renamed to ${to}`, async (t) => {
    const at = desk(t);
    at.write(from, GOOD);
    await at.settle();
    renameSync(at.file(from), at.file(to));
    await at.settle();
    t.same(at.store.revisions('example.test' as never).length, 1, 'no new id');
    t.equal(at.store.flawedCount(), 0);
    t.same(
      at.store.entriesAfter('', 10).map(({ file }) => file),
      [to],
    );
  });
}

t.test('a file name in U-labels and one in A-labels are one domain', async (t) => {
  const at = desk(t);
  const text = documentOf('müller.example', ['mx1.example.test']);
  at.write('müller.example.yaml', text);
  await at.settle();
  const before = at.store.newest('xn--mller-kva.example' as never);
  t.equal(before?.number, 1);
  at.write('xn--mller-kva.example.yaml', text);
  await at.settle();
  t.equal(at.store.flawedCount(), 2);
  rmSync(at.file('müller.example.yaml'));
  await at.settle();
  t.equal(at.store.flawedCount(), 0);
  t.same(at.store.newest('xn--mller-kva.example' as never), before);
});
