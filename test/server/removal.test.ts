import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { fetchPolicy } from './request.ts';
import { Home, Server } from './server.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

t.test(
  'a tenant whose document is gone is removed by force only, and what that breaks is told',
  async (t) => {
    const home = new Home();
    home.write('example.test', { mode: 'enforce', max_age: 604800, mx: ['mail.example.test'] });
    const server = await Server.start(home);
    t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
    const remove = async (...args: string[]) => {
      const env = { ...process.env, ...home.environment() };
      const command = [MAIN, 'tenant', 'remove', '--local', ...args];
      return promisify(execFile)(process.execPath, command, { env }).catch((error: unknown) => error);
    };
    const request = { name: 'mta-sts.example.test', root: home.root };

    t.match(await remove('example.test', '--force'), {
      code: 3,
      stderr: /has a document: example\.test\.yaml/,
    });
    rmSync(join(home.policies, 'example.test.yaml'));
    await server.until(() => server.logged('document_flawed').length > 0, 'the vanished document to be told');
    t.match(await remove('example.test'), { code: 3, stderr: /senders may hold a policy/ });
    t.match(await remove('other.test'), { code: 5, stderr: /No policy is served/ });
    t.equal((await fetchPolicy(server.https, request)).status, 200);

    t.match(await remove('example.test', '--force'), { stdout: /served no more\. Until 20/ });
    // The next look at the whole folder takes it up: a file that comes and goes brings none, a restart does.
    t.equal(await server.stop(), 0);
    const again = await Server.start(home);
    t.teardown(() => again.stop('SIGKILL'));
    await t.rejects(fetchPolicy(again.https, request));
  },
);
