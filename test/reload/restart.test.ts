import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Home, Server } from '../server/server.ts';
import { documentOf, textOf } from './desk.ts';
import { readHealth, readMetric, revisionsOf, served } from './running.ts';

// A busy machine is slow, not wrong.
t.setTimeout(120_000);

function put(home: Home, domain: string, text = documentOf(domain, ['old.mx.test'])): void {
  writeFileSync(join(home.policies, `${domain}.yaml`), text);
}

t.test('a start after documents were changed, added, removed and broken', async (t) => {
  const home = new Home();
  for (const name of ['same', 'changed', 'removed', 'broken', 'renamed']) put(home, `${name}.test`);
  const first = await Server.start(home);
  t.equal(await first.stop(), 0);
  put(home, 'changed.test', documentOf('changed.test', ['new.mx.test']));
  put(home, 'added.test');
  rmSync(join(home.policies, 'removed.test.yaml'));
  put(home, 'broken.test', 'domain: broken.test\npolicy: [');
  renameSync(join(home.policies, 'renamed.test.yaml'), join(home.policies, 'Renamed.test.yml'));
  const server = await Server.start(home);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const [old, changed] = [textOf(['old.mx.test']), textOf(['new.mx.test'])];
  await server.until(async () => (await readHealth(server)).flawed_documents === 2, 'two flaws');
  t.equal(await served(server, home, 'changed.test'), changed);
  for (const name of ['same', 'added', 'removed', 'broken', 'renamed']) {
    t.equal(await served(server, home, `${name}.test`), old, name);
  }
  t.match(await readHealth(server), {
    status: 'ready',
    tenants: 6,
    documents: [{ file: 'broken.test.yaml' }, { file: 'removed.test.yaml' }],
  });
  const counts = Object.groupBy(revisionsOf(home), ({ domain }) => domain);
  t.equal(counts['changed.test']?.length, 2);
  t.equal(Object.values(counts).filter((rows) => rows?.length === 1).length, 5, 'no id changed without need');
});

t.test('a start without the folder serves what was served, tells so, and recovers by itself', async (t) => {
  const home = new Home();
  put(home, 'example.test');
  const first = await Server.start(home);
  await first.stop();
  renameSync(home.policies, `${home.policies}-away`);
  const server = await Server.start(home);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  t.equal(await served(server, home, 'example.test'), textOf(['old.mx.test']));
  t.match(await readHealth(server), { status: 'ready', tenants: 1, problems: [/is missing \(ENOENT\)/] });
  t.equal(await readMetric(server, 'postseal_policies_fresh'), 0);
  renameSync(`${home.policies}-away`, home.policies);
  await server.until(async () => (await readHealth(server)).problems.length === 0, 'recovery');
  t.equal(await readMetric(server, 'postseal_policies_fresh'), 1);
  put(home, 'example.test', documentOf('example.test', ['new.mx.test']));
  await server.until(
    async () => (await served(server, home, 'example.test')).includes('new.mx'),
    'the change',
  );
  t.match(await readHealth(server), { tenants: 1, flawed_documents: 0 });
});

t.test('the very first start without the folder is not ready, and says what to do', async (t) => {
  const home = new Home();
  rmSync(home.policies, { recursive: true });
  const server = new Server(home);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  await server.until(() => server.logged('policies_not_read').length > 0, 'the failure');
  t.match(server.logged('policies_not_read'), [
    { msg: /folder of the tenant documents, .* is missing .*store\.policies/ },
  ]);
  t.match(await readHealth(server), { status: 'starting', tenants: 0, problems: [/is missing/] });
});
