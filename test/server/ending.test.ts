import net from 'node:net';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import { Load } from './load.ts';
import { type Address, fetchPlain, fetchPolicy } from './request.ts';
import { Home, Server } from './server.ts';

t.jobs = 2;

const name = 'mta-sts.example.test';

async function start(t: Test, environment?: Readonly<Record<string, string>>) {
  const home = new Home();
  home.write('example.test', { mode: 'testing', max_age: 604800, mx: ['mail.example.test'] });
  const server = await Server.start(home, environment);
  t.teardown(async () => {
    await server.stop('SIGKILL');
    home.remove();
  });
  const request = { name, root: home.root };
  // So that every worker holds the certificate.
  await Promise.all(Array.from({ length: 16 }, () => fetchPolicy(server.https, request)));
  return { home, server, request };
}

t.test('SIGTERM under load loses no request', async (t) => {
  const { server, request } = await start(t);
  const load = new Load()
    .connecting(server.https, request, 4)
    .keeping(server.https, request, 4)
    .streaming(server.https, request, 4);
  await server.until(() => load.answered > 100, 'some answers');
  t.equal(await server.stop(), 0);
  await load.ended();
  t.strictSame(load.lost, []);
  t.equal(load.refused, 12, 'all went on until nobody listened');
  t.strictSame([...server.logged('worker_silent'), ...server.logged('connections_cut')], []);
});

t.test('what connected before SIGTERM is served, however late it speaks', async (t) => {
  const { server, request } = await start(t);
  const sockets = await Promise.all(Array.from({ length: 100 }, () => connect(server.https)));
  const ended = server.stop();
  await server.until(() => server.logged('ending').length > 0, 'the end');
  await until(() => connect(server.https).then(close, () => true));
  const answers = await Promise.all(sockets.map((socket) => fetchOver(socket, request)));
  t.equal(answers.filter((answer) => /^HTTP\/1.1 200 [\s\S]*max_age: 604800\r\n$/.test(answer)).length, 100);
  t.equal(answers.filter((answer) => /\r\nconnection: close\r\n/i.test(answer)).length, 100);
  t.equal(await ended, 0);
});

t.test('idle and silent connections do not hold the end', async (t) => {
  const { server, request } = await start(t);
  const silent = await Promise.all(Array.from({ length: 5 }, () => connect(server.https)));
  const plain = await connect(server.http);
  const shaken = tls.connect({ ...server.https, servername: name, ca: request.root });
  await new Promise((resolve) => shaken.once('secureConnect', resolve));
  const gone = Promise.all([...silent, plain, shaken].map(closed));
  const pid = server.process.pid;
  t.equal(await server.stop(), 0, `process ${pid} ended by itself`);
  await gone;
  t.strictSame([...server.logged('worker_silent'), ...server.logged('connections_cut')], []);
});

t.test('while it ends it says that it is not ready', async (t) => {
  const { server } = await start(t);
  const silent = await connect(server.https);
  const ended = server.stop();
  await server.until(() => server.logged('ending').length > 0, 'the end');
  await until(async () => (await fetchPlain(server.metrics, '/readyz')).status === 503);
  t.match(JSON.parse((await fetchPlain(server.metrics, '/readyz')).body), { status: 'ending' });
  t.equal((await fetchPlain(server.metrics, '/livez')).status, 200);
  silent.destroy();
  t.equal(await ended, 0);
});

t.test('SIGINT ends it as SIGTERM does', async (t) => {
  const { server } = await start(t);
  t.equal(await server.stop('SIGINT'), 0);
});

t.test('without their primary the workers finish what is under way, and free the port', async (t) => {
  const { home, server, request } = await start(t);
  const workers = server.workers;
  t.equal(workers.length, 2);
  const socket = await connect(server.https);
  t.equal(await server.stop('SIGKILL'), 'SIGKILL');
  await until(() => connect(server.https).then(close, () => true));
  t.match(await fetchOver(socket, request), /^HTTP\/1.1 200 /);
  const { host, port } = server.https;
  const next = await Server.start(home, { POSTSEAL_LISTEN_HTTPS: `${host}:${port}` });
  t.equal((await fetchPolicy(next.https, request)).status, 200, 'another one takes over');
  await until(() => workers.every((pid) => !isAlive(pid)));
  t.equal(await next.stop(), 0);
});

function connect({ host, port }: Address): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, host);
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

function close(socket: net.Socket): boolean {
  socket.destroy();
  return false;
}

function closed(socket: net.Socket): Promise<unknown> {
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('close', resolve).resume());
}

/** One request over a connection that is there; all that came. */
async function fetchOver(socket: net.Socket, { root: ca }: { readonly root: string }): Promise<string> {
  const secure = tls.connect({ socket, servername: name, ca });
  let received = '';
  secure.on('data', (part: Buffer) => {
    received += part.toString('latin1');
  });
  secure.write(`GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
  await new Promise((resolve, reject) => secure.once('end', resolve).once('error', reject));
  return received;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 500 && !(await holds()); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
