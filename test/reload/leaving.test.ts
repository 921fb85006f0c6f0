import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { ledgerClock } from '../../src/app/tenants/ledger-clock.ts';
import { parsePolicyDomain } from '../../src/names/hostname.ts';
import { NOTHING_FOUND } from '../../src/tenant/store.ts';
import { goodValue } from '../cases.ts';
import { Desk, documentOf, textOf } from './desk.ts';

// A busy machine is slow, not wrong.
t.setTimeout(120_000);

const FILE = 'example.test.yaml';
const DOMAIN = goodValue(parsePolicyDomain('example.test'));
const DAY = 86_400_000;
const ENFORCE = documentOf('example.test', ['mx1.example.test']);
const NONE = documentOf('example.test', [], { mode: 'none', maxAge: 0 });

function desk(t: Test): Desk {
  const desk = new Desk();
  t.teardown(() => desk.remove());
  return desk;
}

async function put(at: Desk, text: string): Promise<void> {
  at.write(FILE, text);
  await at.settle();
}

async function remove(at: Desk): Promise<void> {
  rmSync(at.file(FILE), { force: true });
  await at.settle();
}

t.test('a document that vanished under a policy in force goes on being served, for ever', async (t) => {
  const at = desk(t);
  await put(at, ENFORCE);
  await remove(at);
  at.pass(1000 * DAY);
  await at.look();
  t.equal(at.served.get(DOMAIN), textOf(['mx1.example.test']));
  t.match(at.flaws(FILE), [/gone/]);
  t.equal(at.logged('document_flawed').length, 1, 'told once');
  await put(at, ENFORCE);
  t.equal(at.store.flawedCount(), 0);
  t.equal(at.store.newest(DOMAIN)?.number, 1, 'put back as it was, it brings no new id');
});

t.test('a tenant leaves when mode none is served and every earlier policy has expired', async (t) => {
  const at = desk(t);
  await put(at, ENFORCE);
  at.pass(DAY);
  await put(at, NONE);
  await remove(at);
  t.match(at.store.entry(FILE)?.flaws[0]?.remedy, /leaves after/);
  at.pass(7 * DAY - 10_000);
  await at.look();
  t.equal(at.served.size, 1, 'ten seconds before the last sender may forget');
  at.pass(15_000);
  t.match(await at.look(), { left: 1 });
  t.equal(at.served.size, 0);
  t.equal(at.store.flawedCount(), 0);
  t.equal(
    at.store.servings(DOMAIN).every(({ until }) => until !== undefined),
    true,
    'the ledger is closed',
  );
  const earlier = at.store.revisions(DOMAIN).map(({ id }) => id);
  at.pass(DAY);
  await put(at, ENFORCE);
  const back = at.store.newest(DOMAIN);
  t.equal(at.served.get(DOMAIN), back?.text);
  t.match(back, { number: 3 });
  t.notOk(earlier.includes(back?.id as never), 'its id was never used before');
  t.equal(
    at.store.servings(DOMAIN)[1]?.until !== undefined,
    true,
    'what it served before it left stays closed',
  );
});

t.test('a crash between recording and serving leaves no revision open in the ledger', async (t) => {
  const at = desk(t);
  await put(at, ENFORCE);
  // The server is killed when the state file has the new revision and before the ledger is closed.
  at.serve = () => Promise.reject(new Error('killed'));
  at.write(FILE, NONE);
  at.ahead.uptime += 5_000;
  await t.rejects(at.look());
  t.match(at.store.servings(DOMAIN), [{ until: undefined }, { until: undefined }]);
  const { serve } = Desk.prototype;
  at.serve = serve;
  at.restart();
  await at.look();
  t.match(at.store.servings(DOMAIN), [{ until: Number }, { until: undefined }]);
  await remove(at);
  at.pass(7 * DAY + 10_000);
  t.match(await at.look(), { left: 1 });
});

t.test('a ledger that could not be closed is closed when the state file can be written again', async (t) => {
  const at = desk(t);
  await put(at, ENFORCE);
  const { settle } = at.store;
  at.store.settle = () => {
    throw new Error('disk full');
  };
  at.write(FILE, NONE);
  at.ahead.uptime += 5_000;
  await t.rejects(at.look());
  at.store.settle = settle;
  await at.look();
  t.match(at.store.servings(DOMAIN), [{ until: Number }, { until: undefined }]);
});

t.test('a wall clock that is set back breaks neither ids nor the ledger', async (t) => {
  const at = desk(t);
  await put(at, ENFORCE);
  at.pass(2 * DAY);
  at.ahead.wall -= 365 * DAY;
  const before = Date.now() + 2 * DAY;
  await put(at, NONE);
  const [first, second] = at.store.revisions(DOMAIN);
  t.ok((second?.id ?? '') > (first?.id ?? ''), 'ids go on rising');
  const [serving] = at.store.servings(DOMAIN);
  t.ok((serving?.until ?? 0) >= before, 'the first was served until two days later, whatever the clock says');
  await remove(at);
  at.ahead.wall += 365 * DAY;
  at.pass(6 * DAY);
  t.match(await at.look(), { left: 0 }, 'it is not forgotten too early');
  at.pass(2 * DAY);
  t.match(await at.look(), { left: 1 });
});

t.test('the clock of the ledger follows the wall clock forward, and never goes back', (t) => {
  let [wall, uptime] = [1_000_000, 50];
  const now = ledgerClock(
    () => wall,
    () => uptime,
  );
  wall += 500;
  t.equal(now(), 1_000_500);
  [wall, uptime] = [10, 60];
  t.equal(now(), 1_000_510);
  [wall, uptime] = [2_000_000, 61];
  t.equal(now(), 2_000_000);
  t.end();
});

t.test('ids are unique and revisions consecutive over many changes within one second', async (t) => {
  const at = desk(t);
  for (let change = 0; change < 30; change += 1) {
    await put(at, documentOf('example.test', ['mx1.example.test'], { maxAge: 100_000 + (change % 3) }));
  }
  const revisions = at.store.revisions(DOMAIN);
  t.same(
    revisions.map(({ number }) => number),
    Array.from({ length: 30 }, (_, index) => index + 1),
  );
  t.equal(new Set(revisions.map(({ id }) => id)).size, 30);
  const database = new DatabaseSync(join(at.state, 'state.sqlite'), { readOnly: true });
  const open = database.prepare('SELECT count(*) AS count FROM revision WHERE served_until IS NULL').get();
  t.match(open, { count: 1 }, 'one of them is open in the ledger');
  database.close();
});

t.test('a tenant that was removed by force from outside is let go at the next look', async (t) => {
  const at = desk(t);
  await put(at, ENFORCE);
  await remove(at);
  t.ok(at.served.has(DOMAIN), 'without force it stays');
  at.store.record({ ...NOTHING_FOUND, forgotten: [FILE], left: [DOMAIN], now: at.now() });
  t.ok(at.served.has(DOMAIN));
  await at.look('all');
  t.notOk(at.served.has(DOMAIN));
  t.match(at.store.servings(DOMAIN), [{ until: Number }]);
  t.equal(at.logged('tenant_left').length, 1);
  await at.look('all');
  t.equal(at.logged('tenant_left').length, 1, 'and that once');
});
