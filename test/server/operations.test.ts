import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fetchPlain, fetchPolicy, fetchPolicy2 } from './request.ts';
import { Home, Server } from './server.ts';

const home = new Home();
home.write('example.test', { mode: 'none', max_age: 86400 });
writeFileSync(
  join(home.policies, 'flawed.test.yaml'),
  'domain: flawed.test\npolicy:\n  mode: enforce\n  max_age: soon\n',
);
const server = await Server.start(home);
t.teardown(async () => {
  await server.stop('SIGKILL');
  home.remove();
});
const request = { name: 'mta-sts.example.test', root: home.root };

async function metric(name: string): Promise<number> {
  const { body } = await fetchPlain(server.metrics, '/metrics');
  const line = body.split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

t.test('every metric has the prefix, a help line and a type', async (t) => {
  await fetchPolicy(server.https, request);
  const { status, headers, body } = await fetchPlain(server.metrics, '/metrics');
  t.equal(status, 200);
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/);
  const lines = body.split('\n').filter((line) => line !== '');
  t.strictSame(
    lines.filter((line) => !/^(# (HELP|TYPE) )?postseal_/.test(line)),
    [],
  );
  for (const name of [
    'postseal_tenants',
    'postseal_documents_flawed',
    'postseal_policies_fresh',
    'postseal_workers_ready',
    'postseal_worker_restarts_total',
    'postseal_connections',
    'postseal_connections_dropped_total',
    'postseal_certificates_cached',
    'postseal_responses_total',
    'postseal_tls_handshake_failures_total',
    'postseal_process_resident_memory_bytes',
  ]) {
    t.match(body, `# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}\n`);
  }
  t.match([await metric('postseal_tenants'), await metric('postseal_documents_flawed')], [1, 1]);
});

t.test('answers are counted by protocol and status, over all workers', async (t) => {
  const name = 'postseal_responses_total{protocol="1.1",status="200"}';
  const before = await metric(name);
  for (let turn = 0; turn < 5; turn += 1) await fetchPolicy(server.https, request);
  t.equal(await metric(name), before + 5);
  await fetchPolicy2(server.https, { ...request, path: '/' });
  await fetchPlain(server.http, '/');
  t.equal(await metric('postseal_responses_total{protocol="2.0",status="404"}'), 1);
  t.equal(await metric('postseal_responses_total{protocol="plain",status="404"}'), 1);
});

t.test('counts do not fall when a worker dies', async (t) => {
  const name = 'postseal_responses_total{protocol="1.1",status="200"}';
  const before = await metric(name);
  for (const pid of server.workers) process.kill(pid, 'SIGKILL');
  await server.until(() => server.logged('worker_exited').length === 2, 'both are gone');
  t.equal(await metric(name), before);
  await fetchPolicy(server.https, request);
  t.equal(await metric(name), before + 1, 'and go on rising');
});

t.test('readiness tells every flawed document with its place', async (t) => {
  await server.until(async () => (await fetchPlain(server.metrics, '/readyz')).status === 200, 'ready');
  const { headers, body } = await fetchPlain(server.metrics, '/readyz');
  t.equal(headers['content-type'], 'application/json');
  t.match(JSON.parse(body), {
    status: 'ready',
    tenants: 1,
    workers: { wanted: 2 },
    flawed_documents: 1,
    documents: [{ file: 'flawed.test.yaml', flaws: [{ path: 'policy.max_age', line: 4, column: 12 }] }],
  });
});

t.test('it is alive, and other paths and methods are refused', async (t) => {
  const asks = async (path: string, method = 'GET') =>
    (await fetchPlain(server.metrics, path, method)).status;
  t.equal(await asks('/livez'), 200);
  t.equal(await asks('/livez', 'HEAD'), 200);
  t.equal((await fetchPlain(server.metrics, '/readyz', 'HEAD')).body, '');
  t.equal(await asks('/metrics?name=x'), 200);
  for (const path of ['/', '/metrics/', '/livez/x', '/.well-known/mta-sts.txt', '/__proto__']) {
    t.equal(await asks(path), 404, path);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const { status, headers } = await fetchPlain(server.metrics, '/metrics', method);
    t.match({ status, allow: headers.allow }, { status: 405, allow: 'GET, HEAD' });
  }
});
