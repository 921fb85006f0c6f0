import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import type { EditOutcome } from '../../src/tenant/desk.ts';
import { textOf } from '../reload/desk.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { OpenDesk, policyWith } from './open-desk.ts';

t.setTimeout(120_000);

const NAME = 'example.test';
const FILE = 'example.test.yaml';
const MX = 'mx1.example.test';
const ENFORCE = policyWith('enforce', 604800, MX);
const BY_HAND = `# our own
domain: ${NAME}   # the domain
policy:
    mode: testing
    max_age: 604800
    mx:
    - ${MX} # the first
labels: {customer: '42'}
`;

t.test('a tenant is created, and served when it is told', async (t) => {
  const at = await OpenDesk.open(t);
  const done = await at.edit(NAME, { do: 'create', policy: ENFORCE, labels: { customer: '42' } });
  t.match(done, {
    outcome: 'done',
    revision: { number: 1, actor: 'token:alice', address: '192.0.2.7', cause: 'tenant created' },
    effect: { before: undefined, after: textOf([MX]), diff: /^\+mode: enforce$/m },
    tenant: { domain: NAME, mode: 'enforce', labels: { customer: '42' }, stage: 'accepted', flaws: [] },
  });
  t.equal(at.served.get(NAME), textOf([MX]));
  t.match(readFileSync(at.file(FILE), 'utf8'), `domain: ${NAME}\npolicy:\n  mode: enforce\n`);
  clean(t, at);
  const again = { do: 'create', policy: ENFORCE, labels: { customer: '42' } } as const;
  t.match(await at.edit(NAME, again), { outcome: 'exists', isSame: true });
  t.match(await at.edit(NAME, { do: 'create', policy: ENFORCE }), { outcome: 'exists', isSame: false });
});

t.test('a tenant whose document has another spelling exists', async (t) => {
  const at = await OpenDesk.open(t);
  for (const file of ['müller.example.yaml', 'b.example.yml']) {
    at.writeOld(file, 'not yet looked at');
    t.match(await at.edit(file.replace(/\.ya?ml$/, ''), { do: 'create', policy: ENFORCE }), {
      outcome: 'exists',
    });
  }
  t.same(readdirSync(at.policies).sort(), ['b.example.yml', 'müller.example.yaml']);
});

t.test('a document keeps what an edit is not about', async (t) => {
  const at = await OpenDesk.open(t);
  at.write(FILE, BY_HAND);
  await at.loop.look([FILE]);
  const etag = at.tenants.view(policyDomain(NAME))?.etag ?? '';
  const policy = policyWith('enforce', 86400, MX, 'mx2.example.test');
  const done = await at.edit(NAME, { do: 'replace', policy }, { ifMatch: etag });
  t.match(done, { outcome: 'done', revision: { number: 2 }, tenant: { labels: { customer: '42' } } });
  const edited = BY_HAND.replace('testing', 'enforce')
    .replace('604800', '86400')
    .replace('# the first\n', '# the first\n    - mx2.example.test\n');
  t.equal(readFileSync(at.file(FILE), 'utf8'), edited);
  t.match(await at.edit(NAME, { do: 'replace', policy }, { ifMatch: etag }), {
    outcome: 'conflict',
    theirs: edited,
    yours: edited,
  });
  t.match(await at.edit(NAME, { do: 'replace', policy }), { outcome: 'done', revision: undefined });
  t.equal(readFileSync(at.file(FILE), 'utf8'), edited, 'what changes nothing writes nothing');
  const labels = { customer: '43', tier: 'gold' };
  const relabelled = await at.edit(NAME, { do: 'replace', policy, labels });
  t.match(relabelled, { outcome: 'done', revision: undefined, tenant: { labels, revision: 2 } });
  t.match(readFileSync(at.file(FILE), 'utf8'), `labels: {customer: "43", tier: "gold"}`);
  const back = await at.edit(NAME, { do: 'roll-back', to: 1 });
  t.match(back, { outcome: 'done', revision: { number: 3, cause: 'rolled back to revision 1' } });
  t.match(at.tenants.view(policyDomain(NAME)), { mode: 'testing', labels });
  clean(t, at);
});

t.test('a dry run says what would come of it, and changes nothing', async (t) => {
  const at = await OpenDesk.open(t);
  const create = { do: 'create', policy: policyWith('enforce', 60, MX) } as const;
  t.match(await at.edit(NAME, create, { dryRun: true }), {
    outcome: 'would-do',
    effect: { id: /^\d{8}T/, warnings: [{ path: 'policy.max_age' }], senders: { length: 2 } },
  });
  t.same(readdirSync(at.policies), []);
  t.equal(at.store.newest(policyDomain(NAME)), undefined);
});

t.test('what is flawed is told, and changes nothing', async (t) => {
  const at = await OpenDesk.open(t);
  const policy = { mode: 'off', max_age: 1.5, mx: ['a_b.test'], x: 1 };
  const flawed = await at.edit(NAME, { do: 'create', policy, labels: { a: 1 } });
  t.match(flawed, { outcome: 'flawed' });
  const paths = flawed.outcome === 'flawed' ? flawed.flaws.map(({ path }) => path).sort() : [];
  t.same(paths, ['labels.a', 'policy.max_age', 'policy.mode', 'policy.mx[0]', 'policy.x']);
  const text = `domain: ${NAME}\npolicy: { mode: off, max_age: 1 }\n`;
  at.write(FILE, BY_HAND);
  await at.loop.look([FILE]);
  t.match(await at.edit(NAME, { do: 'write', text }), {
    outcome: 'flawed',
    flaws: [{ path: 'policy.mode', line: 2, column: 17 }],
  });
  t.match(await at.edit(NAME, { do: 'roll-back', to: 7 }), { outcome: 'flawed', flaws: [{ path: 'to' }] });
  t.match(await at.edit('nobody.test', { do: 'replace', policy: ENFORCE }), { outcome: 'not-found' });
  t.equal(readFileSync(at.file(FILE), 'utf8'), BY_HAND);
  clean(t, at);
});

t.test('a whole document is written as it is given', async (t) => {
  const at = await OpenDesk.open(t);
  at.write(FILE, BY_HAND);
  await at.loop.look([FILE]);
  const text = `# mine\n${BY_HAND.replace('testing', 'none')}`;
  t.match(await at.edit(NAME, { do: 'write', text }), { outcome: 'done', tenant: { mode: 'none' } });
  t.equal(readFileSync(at.file(FILE), 'utf8'), text);
});

t.test('a flawed document is mended by an edit', async (t) => {
  const at = await OpenDesk.open(t);
  const broken = [
    BY_HAND.replace('testing', 'of'),
    `# why\n${BY_HAND}\n  bad indent: [`,
    `# why\ndomain: ${NAME}\npolicy: &a { mode: none, max_age: 1 }\n`,
    '\u0000',
    '',
  ];
  for (const [index, text] of broken.entries()) {
    const name = `b${index}.test`;
    at.writeOld(`${name}.yaml`, text);
    t.equal(at.tenants.document(policyDomain(name))?.text, text);
    const done = await at.edit(name, { do: 'replace', policy: ENFORCE });
    t.match(done, { outcome: 'done', revision: { number: 1 } }, text);
    const comment = /^# .*$/m.exec(text)?.[0] ?? '';
    const mended = readFileSync(at.file(`${name}.yaml`), 'utf8');
    t.ok(mended.includes(comment), 'with the comments that it began with');
  }
  clean(t, at);
});

t.test('a served tenant whose file is gone gets a new one', async (t) => {
  const at = await OpenDesk.open(t);
  await at.edit(NAME, { do: 'create', policy: ENFORCE, labels: { a: 'b' } });
  rmSync(at.file(FILE));
  t.match(at.tenants.view(policyDomain(NAME)), { document: undefined, etag: 'gone' });
  t.match(await at.edit(NAME, { do: 'create', policy: ENFORCE }), { outcome: 'exists' });
  const policy = policyWith('testing', 60, MX);
  t.match(await at.edit(NAME, { do: 'replace', policy }, { ifMatch: 'gone' }), {
    outcome: 'done',
    tenant: { mode: 'testing', labels: { a: 'b' } },
  });
});

t.test('a tenant leaves through mode none, and its file goes', async (t) => {
  const at = await OpenDesk.open(t);
  await at.edit(NAME, { do: 'create', policy: ENFORCE });
  const done = await at.edit(NAME, { do: 'leave' });
  t.match(done, { outcome: 'done', revision: { number: 2, cause: 'tenant leaves' } });
  t.match(at.served.get(NAME), /mode: none\r\nmx: mx1.example.test\r\nmax_age: 86400\r\n/);
  at.tenants.close();
  t.same(readdirSync(at.policies), []);
  t.equal(at.store.intent(policyDomain(NAME)), undefined);
  at.pass(8 * 86_400_000);
  await at.look('all');
  t.equal(at.served.size, 0, 'and it is served no more when nobody can hold the old policy');
});

t.test('a tenant is removed by force', async (t) => {
  const at = await OpenDesk.open(t);
  await at.edit(NAME, { do: 'create', policy: ENFORCE, labels: { a: 'b' } });
  const would = await at.edit(NAME, { do: 'remove' }, { dryRun: true });
  t.match(would, { outcome: 'would-do', effect: { senders: [/No policy/, /may hold a policy/] } });
  t.equal(at.served.size, 1);
  t.match(await at.edit(NAME, { do: 'remove' }), { outcome: 'done', tenant: undefined });
  t.equal(at.served.size, 0);
  t.same(readdirSync(at.policies), []);
  t.same(at.store.labels(policyDomain(NAME)), {});
  t.match(await at.edit(NAME, { do: 'remove' }), { outcome: 'not-found' });
  t.match(
    await at.edit(NAME, { do: 'create', policy: ENFORCE }),
    { revision: { number: 2 } },
    'it may return',
  );
});

t.test('two spellings of one domain can be edited by neither', async (t) => {
  const at = await OpenDesk.open(t);
  at.write(FILE, BY_HAND);
  at.write('example.test.yml', BY_HAND);
  t.match(await at.edit(NAME, { do: 'replace', policy: ENFORCE }), {
    outcome: 'flawed',
    flaws: [{ message: /example.test.yaml, example.test.yml/ }],
  });
});

t.test('a hand edit that comes before the pass is not lost, and told', async (t) => {
  const at = await OpenDesk.open(t);
  await at.edit(NAME, { do: 'create', policy: ENFORCE });
  const theirs = BY_HAND.replace('604800', '1234');
  const look = at.loop.look.bind(at.loop);
  at.loop.look = async (files) => {
    at.loop.look = look;
    writeFileSync(at.file('x'), theirs);
    renameSync(at.file('x'), at.file(FILE));
    return look(files);
  };
  const outcome: EditOutcome = await at.edit(NAME, { do: 'replace', policy: policyWith('none', 5) });
  t.match(outcome, { outcome: 'conflict', theirs });
  t.equal(readFileSync(at.file(FILE), 'utf8'), theirs);
  t.match(at.store.newest(policyDomain(NAME)), { number: 2, actor: 'file' });
  clean(t, at);
});

t.test('after a crash between write and record, the history has the name of who wrote', async (t) => {
  const at = await OpenDesk.open(t);
  await at.edit(NAME, { do: 'create', policy: ENFORCE });
  await at.loop.close();
  at.loop.look = () => new Promise(() => undefined);
  void at.edit(NAME, { do: 'replace', policy: policyWith('none', 5) });
  while (!readFileSync(at.file(FILE), 'utf8').includes('none')) await new Promise(setImmediate);
  at.restart();
  await at.begin();
  t.match(at.store.newest(policyDomain(NAME)), { number: 2, actor: 'token:alice', address: '192.0.2.7' });
  t.equal(at.store.intent(policyDomain(NAME)), undefined);
  clean(t, at);
});

/** Nothing but documents is left in the folder. */
function clean(t: Test, at: OpenDesk): void {
  at.tenants.close();
  t.same(
    readdirSync(at.policies).filter((file) => !/\.ya?ml$/.test(file)),
    [],
    'nothing is left behind',
  );
}
