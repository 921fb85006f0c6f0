import net from 'node:net';
import t from 'tap';
import { Load } from './load.ts';
import { fetchPlain, fetchPolicy } from './request.ts';
import { Home, Server } from './server.ts';
import { TestCa } from './test-ca.ts';

const name = 'mta-sts.example.test';
const policy = { mode: 'testing', max_age: 604800, mx: ['mail.example.test'] };

t.test('a worker that is killed under load takes its own connections with it, and no more', async (t) => {
  const home = new Home();
  home.write('example.test', policy);
  const server = await Server.start(home, { POSTSEAL_WORKERS: '2' });
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const request = { name, root: home.root };
  const [first = 0, second = 0] = server.workers;
  const load = new Load().connecting(server.https, request, 6);
  await server.until(() => load.answered > 60, 'some answers');
  process.kill(first, 'SIGKILL');
  await server.until(() => !server.workers.includes(first) && server.workers.length === 2, 'another worker');
  const answered = load.answered;
  await server.until(() => load.answered > answered + 20, 'more answers');
  await load.stop();
  t.equal(load.refused, 0, 'every connection found somebody');
  t.ok(load.lost.length <= 6, `lost no more than what was under way: ${load.lost}`);
  t.ok(server.workers.includes(second), 'the other one lived on');
  await server.until(async () => {
    const { body } = await fetchPlain(server.metrics, '/metrics');
    return /^postseal_workers_ready 2$/m.test(body) && /^postseal_worker_restarts_total 1$/m.test(body);
  }, 'both in the metrics');
  t.match(server.logged('worker_exited'), [{ pid: first, reason: 'SIGKILL' }]);
});

t.test(
  'over the most connections, the others are dropped and counted, and those there are served',
  async (t) => {
    const home = new Home();
    const ca = await TestCa.create();
    home.write('example.test', policy);
    home.writeCertificate(name, await ca.issue(name));
    const limits = { POSTSEAL_LIMITS_CONNECTIONS: '4', POSTSEAL_WORKERS: '1' };
    const server = await Server.start(home, limits);
    t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
    const { host, port } = server.https;
    const sockets = Array.from({ length: 3 }, () => net.connect(port, host));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    const request = { name, root: ca.root };
    t.equal((await fetchPolicy(server.https, request)).status, 200, 'the last one that fits');
    const fourth = net.connect(port, host);
    await new Promise((resolve) => fourth.once('connect', resolve));
    for (let turn = 0; turn < 3; turn += 1) await t.rejects(fetchPolicy(server.https, request));
    const { body } = await fetchPlain(server.metrics, '/metrics');
    t.match(body, /^postseal_connections_dropped_total 3$/m);
    t.match(body, /^postseal_connections 4$/m);
    for (const socket of [...sockets, fourth]) socket.destroy();
    await server.until(
      () =>
        fetchPolicy(server.https, request).then(
          ({ status }) => status === 200,
          () => false,
        ),
      'room again',
    );
  },
);

t.test('a certificate that lies in the folder goes before the local CA', async (t) => {
  const home = new Home();
  const ca = await TestCa.create();
  for (const domain of ['own.test', 'example.test']) home.write(domain, policy);
  home.writeCertificate('mta-sts.own.test', await ca.issue('mta-sts.own.test'));
  const server = await Server.start(home);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  t.equal((await fetchPolicy(server.https, { name: 'mta-sts.own.test', root: ca.root })).status, 200);
  t.equal((await fetchPolicy(server.https, { name, root: home.root })).status, 200);
  await t.rejects(fetchPolicy(server.https, { name: 'mta-sts.unknown.test', root: home.root }));
});
