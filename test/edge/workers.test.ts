import https from 'node:https';
import t from 'tap';
import { Listeners } from '../../src/edge/listeners.ts';
import { fetchPolicy } from '../server/request.ts';
import { TestCa } from '../server/test-ca.ts';
import { Edge } from './edge.ts';

t.jobs = 4;

const ca = await TestCa.create();
const name = 'mta-sts.example.test';

t.test('a change is done when every worker serves it', async (t) => {
  const edge = await Edge.start(t, { count: 2 });
  edge.home.writeCertificate(name, await ca.issue(name));
  for (const max_age of [1, 2, 3]) {
    await edge.workers.apply([edge.record('example.test', max_age)]);
    for (let turn = 0; turn < 8; turn += 1) {
      const { body } = await fetchPolicy(edge.https, { name, root: ca.root });
      t.match(body, `max_age: ${max_age}\r\n`);
    }
  }
  await edge.workers.apply([{ domain: 'example.test' }]);
  await t.rejects(fetchPolicy(edge.https, { name, root: ca.root }), 'a tenant that left is unknown');
});

t.test('a change needs no disk in the workers', async (t) => {
  const edge = await Edge.start(t, { count: 2 });
  edge.home.writeCertificate(name, await ca.issue(name));
  const text = 'version: STSv1\r\nmode: none\r\nmax_age: 7\r\n';
  await edge.workers.apply([{ domain: 'example.test', text }]);
  t.match(await fetchPolicy(edge.https, { name, root: ca.root }), { status: 200, body: text });
});

t.test('a worker that hangs is killed, and the change done without it', async (t) => {
  const edge = await Edge.start(t, { count: 2, workersTimes: { answer: 300 } });
  edge.home.writeCertificate(name, await ca.issue(name));
  const [hanging = 0] = edge.processes;
  process.kill(hanging, 'SIGSTOP');
  await edge.workers.apply([edge.record('example.test', 5)]);
  t.notOk(edge.processes.includes(hanging));
  t.match(edge.logged('worker_silent'), [{ pid: hanging }]);
  await edge.ready(2);
  for (let turn = 0; turn < 8; turn += 1) {
    t.match((await fetchPolicy(edge.https, { name, root: ca.root })).body, 'max_age: 5\r\n');
  }
});

t.test('a worker that hangs at the end is killed', async (t) => {
  const edge = await Edge.start(t, { count: 2, times: { drain: 100 }, workersTimes: { end: 200 } });
  const [hanging = 0] = edge.processes;
  process.kill(hanging, 'SIGSTOP');
  await edge.workers.close();
  t.match(edge.logged('worker_silent'), [{ pid: hanging }]);
  t.strictSame(edge.processes, []);
});

t.test('a worker that hangs delays the metrics no longer than it may, and its counts are kept', async (t) => {
  const edge = await Edge.start(t, { count: 1, workersTimes: { metrics: 2_000 } });
  edge.home.writeCertificate(name, await ca.issue(name));
  await edge.workers.apply([edge.record('example.test', 5)]);
  await fetchPolicy(edge.https, { name, root: ca.root });
  t.match(await edge.workers.metrics(), { responses: { '1.1 200': 1 }, policies: 1 });
  const [pid = 0] = edge.processes;
  process.kill(pid, 'SIGSTOP');
  t.match(await edge.workers.metrics(), { responses: { '1.1 200': 1 }, policies: 1 });
  process.kill(pid, 'SIGKILL');
  while (edge.processes.includes(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
  t.match(await edge.workers.metrics(), { responses: { '1.1 200': 1 } }, 'an ended worker still counts');
  await edge.ready(1);
  await fetchPolicy(edge.https, { name, root: ca.root });
  t.match(await edge.workers.metrics(), { responses: { '1.1 200': 2 }, policies: 1 });
});

t.test('with one worker, connections wait while it is replaced', async (t) => {
  const edge = await Edge.start(t, { count: 1 });
  edge.home.writeCertificate(name, await ca.issue(name));
  await edge.workers.apply([edge.record('example.test', 5)]);
  for (let turn = 0; turn < 2; turn += 1) {
    const [pid = 0] = edge.processes;
    process.kill(pid, 'SIGKILL');
    while (edge.processes.includes(pid)) await new Promise((resolve) => setTimeout(resolve, 1));
    t.equal((await fetchPolicy(edge.https, { name, root: ca.root })).status, 200);
  }
  t.equal(edge.workers.restarts, 2);
});

t.test(
  'a replaced certificate is taken into use, a worse one is not, and no connection is cut',
  async (t) => {
    const edge = await Edge.start(t, { count: 1, times: { certificate: 50, noCertificate: 50 } });
    edge.home.writeCertificate(name, await ca.issue(name, { days: 5 }));
    await edge.workers.apply([edge.record('example.test', 5)]);
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    t.teardown(() => agent.destroy());
    const kept = { name, root: ca.root, agent };
    const first = await fetchPolicy(edge.https, kept);
    /** Days that the certificate shown to a new connection has left. */
    const shown = async (): Promise<number> => {
      const { certificate } = await fetchPolicy(edge.https, { name, root: ca.root });
      return Math.round((Date.parse(certificate.validTo) - Date.now()) / 86_400_000);
    };
    const until = async (days: number): Promise<number> => {
      for (let turn = 0; turn < 200 && (await shown()) !== days; turn += 1) await pause(10);
      return shown();
    };
    t.equal(await until(5), 5);
    edge.home.writeCertificate(name, await ca.issue(name, { days: 9, key: 'rsa' }));
    t.equal(await until(9), 9, 'another one, with another type of key');
    const other = await ca.issue('mta-sts.other.test');
    const good = await ca.issue(name, { days: 6 });
    const worse = {
      'no PEM': 'nothing',
      'half written': good.slice(0, good.length / 2),
      'for another host': other,
      'with the key of another':
        other.replace(/-----BEGIN CERT[\s\S]*/, '') + good.slice(good.indexOf('-----BEGIN CERT')),
      'with a broken chain': good.replace(
        /(-----BEGIN CERTIFICATE-----\n)[^-]+(-----END CERTIFICATE-----\s*)$/,
        '$1AAAA\n$2',
      ),
      expired: await ca.issue(name, { days: -1 }),
    };
    for (const [what, pem] of Object.entries(worse)) {
      edge.home.writeCertificate(name, pem);
      await pause(120);
      t.equal(await shown(), 9, what);
    }
    edge.home.removeCertificate(name);
    await pause(120);
    t.equal(await shown(), 9, 'vanished');
    edge.home.writeCertificate(name, good);
    t.equal(await until(6), 6, 'a good one again');
    const last = await fetchPolicy(edge.https, kept);
    t.equal(last.localPort, first.localPort, 'the same connection all the time');
  },
);

t.test('a tenant without certificate is served as soon as there is one', async (t) => {
  const edge = await Edge.start(t, { count: 1, times: { noCertificate: 50 } });
  await edge.workers.apply([edge.record('example.test', 5)]);
  await t.rejects(fetchPolicy(edge.https, { name, root: ca.root }));
  edge.home.writeCertificate(name, await ca.issue(name));
  await pause(100);
  t.equal((await fetchPolicy(edge.https, { name, root: ca.root })).status, 200);
});

t.test('several addresses are bound all or none', async (t) => {
  const taken = await Listeners.bind([{ host: '127.0.0.1', port: 0 }]);
  const address = taken.addresses[0] as { host: string; port: number };
  const edge = await Edge.start(t);
  const inUse = edge.https;
  taken.close();
  await t.rejects(Listeners.bind([address, inUse]), {
    code: 'EADDRINUSE',
    message: `Can't listen on 127.0.0.1:${inUse.port} (EADDRINUSE)`,
  });
  const again = await Listeners.bind([address, { host: 'localhost', port: 0 }]);
  t.match(again.addresses, [address, { host: 'localhost' }]);
  again.close();
  await t.rejects(Listeners.bind([{ host: 'nowhere.invalid', port: 1 }]), { message: /nowhere\.invalid:1/ });
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
