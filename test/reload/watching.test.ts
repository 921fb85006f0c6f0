import { existsSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { PolicyLoop, type PolicyLoopTimes } from '../../src/app/tenants/policy-loop.ts';
import { Desk, documentOf, textOf } from './desk.ts';

// A busy machine is slow, not wrong.
t.setTimeout(120_000);

/** So long that a test which needs it would not end. */
const NEVER = 10_000_000;

const FILE = 'example.test.yaml';

interface Watched {
  readonly desk: Desk;
  readonly loop: PolicyLoop;
  until(holds: () => unknown, what: string): Promise<void>;
  /** Waits until this mx is served. */
  serves(mx: string): Promise<void>;
}

function document(mx: string): string {
  return documentOf('example.test', [mx]);
}

/** A loop that notices nothing but by notifications, unless other times are given. */
async function watch(
  t: Test,
  times: Partial<PolicyLoopTimes> = {},
  prepare: (desk: Desk) => void = (desk) => desk.writeOld(FILE, document('mx1.test')),
): Promise<Watched> {
  const desk = new Desk();
  prepare(desk);
  const loop = new PolicyLoop({
    job: desk.job,
    folder: desk.policies,
    log: desk.logger,
    times: { rescan: NEVER, retry: NEVER, ...times },
  });
  t.teardown(async () => {
    await loop.close();
    desk.remove();
  });
  await loop.start();
  const until = async (holds: () => unknown, what: string): Promise<void> => {
    for (let tries = 0; tries < 1_000; tries += 1) {
      if (holds()) return;
      await pause(20);
    }
    throw new Error(
      `waited in vain for: ${what}\n${desk.log.map((line) => JSON.stringify(line)).join('\n')}`,
    );
  };
  const serves = (mx: string) => until(() => desk.served.get('example.test') === textOf([mx]), mx);
  return { desk, loop, until, serves };
}

t.test('the folder replaced by another one, again and again', async (t) => {
  const { desk, serves } = await watch(t);
  for (const round of [2, 3, 4]) {
    const next = join(desk.path, `next${round}`);
    mkdirSync(next);
    writeFileSync(join(next, FILE), document(`mx${round}.test`));
    renameSync(desk.policies, join(desk.path, `old${round}`));
    renameSync(next, desk.policies);
    await serves(`mx${round}.test`);
    desk.write(FILE, document(`mx${round}.then.test`));
    await serves(`mx${round}.then.test`);
  }
  t.equal(desk.store.newest('example.test' as never)?.number, 7);
});

t.test('the folder as a link that is swapped for another', async (t) => {
  const { desk, serves } = await watch(t, {}, (desk) => {
    for (const release of ['one', 'two']) mkdirSync(join(desk.path, release));
    rmSync(desk.policies, { recursive: true });
    symlinkSync('one', desk.policies);
    desk.writeOld(FILE, document('one.test'));
  });
  writeFileSync(join(desk.path, 'two', FILE), document('two.test'));
  symlinkSync('two', join(desk.path, 'link'));
  renameSync(join(desk.path, 'link'), desk.policies);
  await serves('two.test');
  desk.write(FILE, document('then.test'));
  await serves('then.test');
  t.equal(desk.store.flawedCount(), 0);
});

t.test('the folder removed and made anew, as it may be under the same inode number', async (t) => {
  const { desk, loop, until, serves } = await watch(t);
  rmSync(desk.policies, { recursive: true });
  await until(() => loop.failure, 'a failure that shows');
  t.match(loop.failure, /is missing \(ENOENT\)/);
  t.equal(desk.served.get('example.test'), textOf(['mx1.test']), 'the last good policy is served');
  mkdirSync(desk.policies);
  await until(() => loop.failure === undefined, 'recovery');
  desk.write(FILE, document('mx2.test'));
  await serves('mx2.test');
  t.equal(desk.logged('policies_fresh').length, 1);
});

t.test('the folder is missing at the start', async (t) => {
  const { desk, loop, serves } = await watch(t, {}, (desk) => rmSync(desk.policies, { recursive: true }));
  t.match(
    loop.failure,
    /The folder of the tenant documents, .* is missing \(ENOENT\).*POSTSEAL_STORE_POLICIES/,
  );
  t.match(desk.logged('policies_not_read'), [{ msg: loop.failure }]);
  t.notOk(loop.hasRead);
  mkdirSync(desk.policies);
  desk.write(FILE, document('mx1.test'));
  await serves('mx1.test');
  t.ok(loop.hasRead);
});

t.test('with the folder above gone as well, it is tried again after a while', async (t) => {
  const { desk, loop, until, serves } = await watch(t, { retry: 50 });
  renameSync(desk.path, `${desk.path}-away`);
  t.teardown(() => rmSync(`${desk.path}-away`, { recursive: true, force: true }));
  mkdirSync(desk.path);
  await until(() => loop.failure, 'a failure that shows');
  rmSync(desk.path, { recursive: true });
  renameSync(`${desk.path}-away`, desk.path);
  await until(() => loop.failure === undefined, 'recovery');
  t.equal(desk.logged('policies_not_read').length, 1, 'a failure that goes on is told once');
  desk.write(FILE, document('mx2.test'));
  await serves('mx2.test');
});

t.test('a change that is not told of is found by the slow look at everything', async (t) => {
  // A link to a document elsewhere: nothing happens in the watched folder itself.
  const { desk, serves } = await watch(t, { rescan: 100 }, (desk) => {
    writeFileSync(join(desk.path, 'elsewhere'), document('mx1.test'));
    symlinkSync('../elsewhere', desk.file(FILE));
  });
  writeFileSync(join(desk.path, 'elsewhere'), document('mx2.test'));
  await serves('mx2.test');
  t.equal(desk.store.newest('example.test' as never)?.number, 2);
});

t.test('a burst of thousands is few passes, and nothing that the kernel dropped is lost', async (t) => {
  const { desk, until } = await watch(t);
  const queued = 16_384; // fs.inotify.max_queued_events
  const names = Array.from({ length: 500 }, (_, index) => `d${index}.test`);
  const passes = desk.logged('policies_read').length;
  // In one turn of the event loop, so that nobody reads the queue meanwhile; the last documents fall out of it.
  for (let index = 0; index < queued; index += 1) {
    const path = desk.file(`${index % 1_200}.tmp`);
    writeFileSync(path, '');
    rmSync(path);
  }
  for (const name of names) desk.write(`${name}.yaml`, documentOf(name, [`mx.${name}`]));
  await until(() => desk.served.size === names.length + 1, 'all documents');
  t.ok(desk.logged('policies_read').length - passes <= 6, 'few passes');
});

t.test('an end during a pass is waited for', async (t) => {
  const { desk, loop } = await watch(t);
  desk.serve = async () => {
    await pause(50);
    desk.served.set('example.test', 'late');
  };
  desk.write(FILE, document('mx2.test'));
  await loop.close();
  const state = desk.served.get('example.test');
  await pause(100);
  t.equal(desk.served.get('example.test'), state);
  t.ok(existsSync(desk.policies) && statSync(desk.policies).isDirectory());
});
