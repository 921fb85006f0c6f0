import { createHash } from 'node:crypto';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ensureBaseImage } from './base.ts';
import { Container } from './container.ts';
import { baseImage, readDockerfile } from './dockerfile.ts';
import { buildImage, podman } from './engine.ts';
import { projectFile } from './project.ts';

// One name per checkout: two checkouts can run this at once, and a run replaces what a killed one left.
const NAME = `postseal-test-${createHash('sha256').update(projectFile('')).digest('hex').slice(0, 8)}`;
const IMAGE = `localhost/${NAME}`;
const VOLUMES = { certs: `${NAME}-certs`, state: `${NAME}-state` };
const USER = 1000;
const DOCUMENT = `domain: example.com
policy:
  mode: enforce
  max_age: 604800
  mx: [mail.example.com]
`;
const TEXT = ['version: STSv1', 'mode: enforce', 'mx: mail.example.com', 'max_age: 604800', ''].join('\r\n');
const POLICY_URL = 'https://mta-sts.example.com:8443/.well-known/mta-sts.txt';

async function clear(): Promise<void> {
  await podman('rm', '--force', '--ignore', NAME);
  await podman('volume', 'rm', '--force', ...Object.values(VOLUMES)).catch(() => {});
}

async function policiesFolder(parent: string): Promise<string> {
  const folder = join(parent, 'policies');
  await mkdir(folder);
  await writeFile(join(folder, 'example.com.yaml'), DOCUMENT);
  await chown(folder, USER, USER);
  return folder;
}

// A whole image with its `npm ci`, on a machine that may have other things to do.
t.setTimeout(300_000);

t.before(async () => {
  await clear();
  await ensureBaseImage(baseImage(await readDockerfile()));
  await buildImage(projectFile('.'), IMAGE);
});

t.teardown(async () => {
  await clear();
  await podman('rmi', '--force', IMAGE);
});

/** The commands that the guide has its reader run in the container. */
async function guidedCommands(): Promise<string[]> {
  const guide = await readFile(projectFile('docs/deploy.md'), 'utf8');
  const lines = guide.matchAll(/^docker compose exec (?:-T )?postseal (?<command>[^>\n]+)/gm);
  return [...lines].flatMap((line) => line.groups?.command ?? []);
}

const records = (container: Container) =>
  container.exec('node', 'src/cli/main.ts', 'records', 'example.com', '--json');

t.test('the image serves as docker-compose.yml runs it', async (t) => {
  const root = join(t.testdir(), 'root.pem');
  const policies = await policiesFolder(t.testdir());
  const volumes = { '/policies': policies, '/certs': VOLUMES.certs, '/state': VOLUMES.state };
  const options = { image: IMAGE, serviceName: 'sts.postseal.test', volumes };
  const policy = (container: Container) =>
    container.fetch(POLICY_URL, '--resolve', 'mta-sts.example.com:8443:127.0.0.1', '--cacert', root);

  const first = await Container.start(NAME, options);
  await writeFile(root, await first.exec('cat', '/state/local-ca/root.pem'));
  t.equal((await first.exec('id', '--user')).trim(), String(USER));
  t.same((await first.exec('ls', '/app')).trim().split('\n'), [
    'LICENSE',
    'node_modules',
    'package.json',
    'src',
  ]);
  await t.rejects(first.exec('ls', '/app/node_modules/typescript'), { message: /No such file/ });
  await t.rejects(first.exec('touch', '/app/x'), { message: /Read-only file system/ });
  await t.resolves(first.checkHealth());
  t.equal(await policy(first), TEXT);
  const commands = await guidedCommands();
  t.equal(commands.length, 4);
  for (const command of commands) await t.resolves(first.exec('sh', '-c', command), command);
  const announced = await records(first);
  t.equal(await first.stop(), 0, 'SIGTERM ends it in order');

  const second = await Container.start(NAME, options);
  t.equal(await policy(second), TEXT, 'the certificate still comes from the CA in the state folder');
  t.equal(await records(second), announced, 'the policy keeps its id');
  t.equal(await second.stop(), 0);
});
