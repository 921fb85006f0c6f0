import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Home, Server } from '../server/server.ts';
import { documentOf, textOf } from './desk.ts';
import { readHealth, revisionsOf, served } from './running.ts';

// A busy machine is slow, not wrong.
t.setTimeout(120_000);

t.test('a tenant leaves by mode none, and comes back under an id that was never used', async (t) => {
  const home = new Home();
  const document = join(home.policies, 'example.test.yaml');
  const put = (mode: string, mx: readonly string[]): void =>
    writeFileSync(document, documentOf('example.test', mx, { mode, maxAge: 1 }));
  put('enforce', ['mx.example.test']);
  const server = await Server.start(home);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const get = (): Promise<string> => served(server, home, 'example.test');
  put('none', []);
  await server.until(async () => (await get()) === textOf([], { mode: 'none', maxAge: 1 }), 'mode none');
  rmSync(document);
  await server.until(() => {
    // Any sign of life of the folder makes the server look at all of it, as it does once a minute.
    utimesSync(home.policies, 0, 0);
    return server.logged('tenant_left').length > 0;
  }, 'leaving');
  t.equal(await get(), 'EPROTO', 'no certificate for the name any more, but a TLS alert');
  t.match(await readHealth(server), { status: 'ready', tenants: 0, flawed_documents: 0 });
  put('enforce', ['mx.example.test']);
  const back = textOf(['mx.example.test'], { maxAge: 1 });
  await server.until(async () => (await get()) === back, 'coming back');
  const revisions = revisionsOf(home);
  t.same(
    revisions.map(({ number }) => number),
    [1, 2, 3],
  );
  t.equal(new Set(revisions.map(({ id }) => id)).size, 3);
});

t.test('where the kernel gives no notifications, changes are noticed a little later', async (t) => {
  const home = new Home();
  const put = (mx: string): void =>
    writeFileSync(join(home.policies, 'example.test.yaml'), documentOf('example.test', [mx]));
  put('one.test');
  const script = 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"';
  const server = await Server.start(home, {}, ['unshare', '-Ur', 'sh', '-c', script, 'sh']);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  t.match(server.logged('folder_not_watched'), [{ code: 'EMFILE' }]);
  put('two.test');
  const text = textOf(['two.test']);
  await server.until(async () => (await served(server, home, 'example.test')) === text, 'the change');
  t.equal(revisionsOf(home).length, 2);
});
