import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { validate } from 'dockerfile-utils';
import t from 'tap';
import { copiedFromProject, dockerfileText, environment, lastOf, readDockerfile } from './dockerfile.ts';
import { projectFile } from './project.ts';

t.test('the linter finds nothing to say', async (t) => {
  t.same(validate(await dockerfileText()), []);
});

t.test('every path that is copied exists and passes .dockerignore', async (t) => {
  const passing = (await readFile(projectFile('.dockerignore'), 'utf8')).split('\n');
  t.ok(passing.includes('*'), 'what is not named stays out');
  const paths = copiedFromProject(await readDockerfile());
  t.not(paths.length, 0);
  for (const path of paths) {
    t.ok(existsSync(projectFile(path)), path);
    t.ok(passing.includes(`!${path}`), `!${path}`);
  }
});

t.test('it runs as a user with a number that is not root’s', async (t) => {
  t.match(lastOf(await readDockerfile(), 'USER'), /^[1-9]\d*:[1-9]\d*$/);
});

t.test('it starts without a shell, so that SIGTERM reaches the server', async (t) => {
  const dockerfile = await readDockerfile();
  t.equal(lastOf(dockerfile, 'ENTRYPOINT'), '["node", "/app/src/cli/main.ts"]');
  t.equal(lastOf(dockerfile, 'CMD'), '["serve"]');
  t.equal(lastOf(dockerfile, 'STOPSIGNAL'), 'SIGTERM');
});

t.test('it exposes the ports that it listens on', async (t) => {
  const dockerfile = await readDockerfile();
  const listens = [...environment(dockerfile)].filter(([name]) => name.startsWith('POSTSEAL_LISTEN_'));
  const ports = listens.map(([, address]) => address.split(':').at(-1));
  const exposed = lastOf(dockerfile, 'EXPOSE').split(' ');
  t.same(new Set(exposed.map((port) => port.replace(/\/.*/, ''))), new Set(ports));
  t.same(
    exposed.filter((port) => port.includes('/')),
    ['8053/tcp', '8053/udp'],
    'DNS comes over both',
  );
});

t.test('all that it writes to is a volume', async (t) => {
  const dockerfile = await readDockerfile();
  const stores = [...environment(dockerfile)].filter(([name]) => name.startsWith('POSTSEAL_STORE_'));
  const folders = stores.map(([, folder]) => folder);
  t.same(JSON.parse(lastOf(dockerfile, 'VOLUME')), folders);
});

t.test('it holds no secret', async (t) => {
  t.notMatch(await dockerfileText(), /password|secret|token|_authToken|BEGIN .*KEY/i);
});
