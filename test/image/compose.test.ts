import { readFile } from 'node:fs/promises';
import { DCLinter } from 'dclint';
import t from 'tap';
import { readConfig } from '../../src/app/config/config.ts';
import { readCompose } from './compose.ts';
import { environment, readDockerfile } from './dockerfile.ts';
import { projectFile } from './project.ts';

t.test('the linter finds nothing to say', async (t) => {
  // Double quotes, since that is how the project's formatter writes YAML.
  const rules = { 'require-quotes-in-ports': [2, { quoteType: 'double' }] };
  const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
  const results: readonly { messages: readonly unknown[] }[] = linter.lintFiles(
    [projectFile('docker-compose.yml')],
    false,
  );
  t.same(
    results.map((result) => result.messages),
    [[]],
  );
});

t.test('it publishes the ports that the image listens on', async (t) => {
  const { ports } = (await readCompose()).services.postseal;
  const image = environment(await readDockerfile());
  const port = (name: string) => image.get(`POSTSEAL_LISTEN_${name}`)?.split(':').at(-1);
  t.same(ports, [
    `53:${port('DNS')}/tcp`,
    `53:${port('DNS')}/udp`,
    `80:${port('HTTP')}`,
    `443:${port('HTTPS')}`,
    // Never to the world.
    `127.0.0.1:${port('METRICS')}:${port('METRICS')}`,
  ]);
});

t.test('every folder that the image writes to is mounted, and all else is read-only', async (t) => {
  const { services, volumes } = await readCompose();
  const image = environment(await readDockerfile());
  const store = (name: string) => image.get(`POSTSEAL_STORE_${name}`);
  t.same(services.postseal.volumes, [
    `\${POSTSEAL_POLICIES:?set it to the folder of your tenant documents}:${store('POLICIES')}`,
    `\${POSTSEAL_CERTS:-certs}:${store('CERTS')}`,
    `state:${store('STATE')}`,
  ]);
  t.same(Object.keys(volumes), ['certs', 'state']);
  t.equal(services.postseal.read_only, true);
});

t.test('it takes every privilege away', async (t) => {
  const { cap_drop, security_opt } = (await readCompose()).services.postseal;
  t.same(cap_drop, ['ALL']);
  t.same(security_opt, ['no-new-privileges:true']);
});

t.test(
  'the server knows every setting of the image and of the compose file, and takes their values',
  async (t) => {
    const image = Object.fromEntries(environment(await readDockerfile()));
    const names = Object.keys((await readCompose()).services.postseal.environment);
    t.same(names, ['POSTSEAL_SERVICE_NAME']);
    const config = readConfig({ ...image, POSTSEAL_SERVICE_NAME: 'sts.example.net' });
    t.match(config, { ok: true, value: { trial: false, serviceName: 'sts.example.net' } });
  },
);

t.test('the guide explains every variable of the compose file', async (t) => {
  const compose = await readFile(projectFile('docker-compose.yml'), 'utf8');
  const guide = await readFile(projectFile('docs/deploy.md'), 'utf8');
  const variables = [...compose.matchAll(/\$\{(?<name>\w+)/g)].flatMap((match) => match.groups?.name ?? []);
  t.same(variables, ['POSTSEAL_POLICIES', 'POSTSEAL_CERTS', 'POSTSEAL_SERVICE_NAME']);
  for (const variable of variables) t.ok(guide.includes(`| \`${variable}\``), variable);
});
