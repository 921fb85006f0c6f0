import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Home, Server } from '../server/server.ts';
import { documentOf, textOf } from './desk.ts';
import { readHealth, revisionsOf, served } from './running.ts';

// A busy machine is slow, not wrong.
t.setTimeout(120_000);

const COUNT = 3_000;

t.test('git checks out thousands of documents at once, forth and back', async (t) => {
  const home = new Home();
  const git = (...args: readonly string[]): void => {
    execFileSync(
      'git',
      ['-C', home.policies, '-c', 'user.name=t', '-c', 'user.email=t@example.test', ...args],
      {
        stdio: 'pipe',
      },
    );
  };
  const commit = (branch: string, maxAge: number): void => {
    git('checkout', '-q', '-b', branch);
    for (let index = 0; index < COUNT; index += 1) {
      const document = documentOf(`d${index}.test`, [`mx.d${index}.test`], { maxAge });
      writeFileSync(join(home.policies, `d${index}.test.yaml`), document);
    }
    git('add', '.');
    git('commit', '-q', '-m', branch);
  };
  git('init', '-q');
  commit('old', 100_000);
  commit('new', 200_000);
  git('checkout', '-q', 'old');
  const server = await Server.start(home, { POSTSEAL_LOG_LEVEL: 'debug' });
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  for (const [branch, maxAge] of [
    ['new', 200_000],
    ['old', 100_000],
  ] as const) {
    const passes = server.logged('policies_read').length;
    git('checkout', '-q', branch);
    const looks = () => server.logged('policies_read').slice(passes);
    const revised = () => looks().reduce((sum, { revised }) => sum + Number(revised), 0);
    await server.until(() => revised() >= COUNT, `${COUNT} revisions`);
    await server.until(async () => {
      const last = `d${COUNT - 1}.test`;
      return (await served(server, home, last)) === textOf([`mx.${last}`], { maxAge });
    }, branch);
    const newest = new Map(revisionsOf(home).map(({ domain, text }) => [domain, text]));
    t.equal(newest.size, COUNT);
    const wrong = [...newest].filter(([domain, text]) => text !== textOf([`mx.${domain}`], { maxAge }));
    t.same(wrong, [], `every document of branch ${branch} is served`);
    t.ok(looks().length <= 12, `in ${looks().length} passes`);
  }
  t.equal(revisionsOf(home).length, 3 * COUNT, 'one new revision for each change');
  t.match(await readHealth(server), { tenants: COUNT, flawed_documents: 0, problems: [] });
  for (const index of [0, 1_234, COUNT - 1]) {
    const text = textOf([`mx.d${index}.test`], { maxAge: 100_000 });
    t.equal(await served(server, home, `d${index}.test`), text);
  }
});
