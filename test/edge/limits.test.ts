import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import t from 'tap';
import { ChallengeTable } from '../../src/edge/challenge-table.ts';
import { createPlainServer } from '../../src/edge/http.ts';
import { Connection, get, NAME, PolicyServer, SHORT, TEXT } from './policy-server.ts';

t.jobs = 8;

t.test('a client that connects and stays silent is cut off', async (t) => {
  const server = await PolicyServer.start(t, SHORT);
  const failed = once(server.server, 'tlsClientError');
  const { host, port } = server.address;
  await new Connection(net.connect(port, host)).closed;
  const [error] = await failed;
  t.match(error, { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' });
});

t.test('a client that sends its handshake and no request is cut off', async (t) => {
  const server = await PolicyServer.start(t, SHORT);
  const connection = await server.connect();
  await connection.closed;
  t.match(connection.received, /^HTTP\/1\.1 408 /);
});

t.test('slow headers are cut off', async (t) => {
  const server = await PolicyServer.start(t, SHORT);
  const connection = await server.connect('http/1.1');
  connection.socket.write('GET /.well-known/mta-sts.txt HTTP/1.1\r\n');
  const timer = setInterval(() => connection.socket.write('X-Slow: a\r\n'), 40);
  await connection.closed;
  clearInterval(timer);
  t.match(connection.received, /^HTTP\/1\.1 408 /);
});

t.test('a slow body is cut off', async (t) => {
  const server = await PolicyServer.start(t, SHORT);
  const connection = await server.connect('http/1.1');
  connection.socket.write(`POST / HTTP/1.1\r\nHost: ${NAME}\r\nContent-Length: 1000\r\n\r\n`);
  await connection.until('HTTP/1.1 404 ');
  const timer = setInterval(() => connection.socket.write('a'), 40);
  await connection.closed;
  clearInterval(timer);
  t.strictSame(server.answers, ['1.1 404'], 'answered once, before');
});

t.test('a kept-alive connection serves several requests, and ends when idle', async (t) => {
  const server = await PolicyServer.start(t, SHORT);
  const connection = await server.connect('http/1.1');
  connection.socket.write(get());
  await connection.until(TEXT);
  connection.socket.write(get('/'));
  await connection.until('Not found\n');
  await connection.closed;
  t.strictSame(server.answers, ['1.1 200', '1.1 404']);
});

t.test('headers that are too long are refused', async (t) => {
  const server = await PolicyServer.start(t);
  const connection = await server.connect('http/1.1');
  connection.socket.write(`GET / HTTP/1.1\r\nHost: ${NAME}\r\nX-Long: ${'a'.repeat(9000)}\r\n\r\n`);
  await connection.closed;
  t.match(connection.received, /^HTTP\/1\.1 431 /);
  t.strictSame(server.answers, []);
});

t.test('a client that asks and asks and never reads is cut off', async (t) => {
  const server = await PolicyServer.start(t, SHORT);
  const connection = await server.connect('http/1.1');
  connection.socket.pause();
  connection.socket.write(get().repeat(40_000));
  await connection.closed;
  t.ok(server.answers.length < 40_000, 'not all was answered');
});

t.test('an idle HTTP/2 session ends', async (t) => {
  const server = await PolicyServer.start(t, SHORT);
  const session = server.connect2();
  const [code] = await once(session, 'goaway');
  t.equal(code, 0, 'in good order');
  await once(session, 'close');
});

t.test('an HTTP/2 session that only pings ends', async (t) => {
  const server = await PolicyServer.start(t, SHORT);
  const session = server.connect2();
  let pings = 0;
  const timer = setInterval(() => {
    if (!session.destroyed && !session.closed) session.ping(() => (pings += 1));
  }, 40);
  await once(session, 'close');
  clearInterval(timer);
  t.ok(pings > 0, 'the pings were answered');
});

t.test('an HTTP/2 session that takes nothing of its answers ends', async (t) => {
  const server = await PolicyServer.start(t, SHORT);
  const session = server.connect2({ settings: { initialWindowSize: 0 } });
  const stream = session.request({ ':path': '/.well-known/mta-sts.txt', ':authority': NAME });
  stream.on('error', () => {});
  await once(session, 'close');
  t.strictSame(server.answers, ['2.0 200']);
});

t.test('an HTTP/2 session with requests lives on', async (t) => {
  // The pauses together are longer than a session without a request may last, each alone is far shorter.
  const server = await PolicyServer.start(t, { ...SHORT, stalled: 10_000, session: 2_000 });
  const session = server.connect2();
  for (let turn = 0; turn < 6; turn += 1) {
    const stream = session.request({ ':path': '/.well-known/mta-sts.txt', ':authority': NAME });
    stream.resume();
    await once(stream, 'close');
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  t.equal(server.answers.length, 6);
  session.close();
});

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

t.test('streams taken back in masses end their session, and nobody else', async (t) => {
  const server = await PolicyServer.start(t);
  const other = await server.connect('http/1.1');
  const connection = await server.connect('h2');
  const { socket } = connection;
  // GET, https, the path / and an authority, whole in one frame; then the same stream taken back.
  const authority = Buffer.concat([Buffer.from([0x01, NAME.length]), Buffer.from(NAME)]);
  const fields = Buffer.concat([Buffer.from([0x82, 0x87, 0x84]), authority]);
  const cancel = Buffer.from([0, 0, 0, 8]);
  socket.write(Buffer.concat([PREFACE, frame(4, 0, 0, Buffer.alloc(0))]));
  const streams = Array.from({ length: 2000 }, (_, index) => 2 * index + 1);
  const attack = streams.flatMap((id) => [frame(1, 0x5, id, fields), frame(3, 0, id, cancel)]);
  socket.write(Buffer.concat(attack));
  await connection.closed;
  t.ok(server.answers.length < 1000, `after ${server.answers.length} of 2000`);
  other.socket.write(get());
  await other.until(TEXT);
});

t.test('headers that never end end their session', async (t) => {
  const server = await PolicyServer.start(t);
  const connection = await server.connect('h2');
  const { socket } = connection;
  // ":method: GET" from the static table, then a literal field again and again, never END_HEADERS.
  const field = Buffer.from([0x00, 0x01, 0x61, 0x01, 0x62]);
  const fields = Buffer.concat(Array.from({ length: 100 }, () => field));
  socket.write(Buffer.concat([PREFACE, frame(4, 0, 0, Buffer.alloc(0))]));
  socket.write(frame(1, 0, 1, Buffer.concat([Buffer.from([0x82]), fields])));
  for (let turn = 0; turn < 1000 && !socket.destroyed; turn += 1) {
    socket.write(frame(9, 0, 1, fields));
    await new Promise(setImmediate);
  }
  await connection.closed;
  t.strictSame(server.answers, []);
});

t.test('HTTP/2 headers that are too long are refused', async (t) => {
  const server = await PolicyServer.start(t);
  const session = server.connect2();
  // The server's limit holds once the client has heard of it.
  await once(session, 'remoteSettings');
  await new Promise((resolve) => session.ping(resolve));
  const stream = session.request({ ':path': '/', ':authority': NAME, 'x-long': 'a'.repeat(20_000) });
  const ended = await new Promise((resolve) => {
    stream.on('error', () => resolve('refused'));
    stream.on('response', (headers) => resolve(headers[':status']));
  });
  t.match(String(ended), /^(refused|431)$/);
  t.strictSame(server.answers, []);
  session.destroy();
});

t.test('an error of ours ends one request, and is told', async (t) => {
  const server = await PolicyServer.start(t);
  const broken = new Error('broken');
  let isBroken = true;
  server.answered = () => {
    if (isBroken) throw broken;
  };
  const first = await server.connect('http/1.1');
  first.socket.write(get());
  await first.closed;
  const session = server.connect2();
  const stream = session.request({ ':path': '/.well-known/mta-sts.txt', ':authority': NAME });
  stream.on('error', () => {});
  await once(stream, 'close');
  t.strictSame(server.failures, [broken, broken]);
  isBroken = false;
  const second = await server.connect('http/1.1');
  second.socket.write(get());
  await second.until(TEXT);
  session.close();
});

t.test('the plain listener answers 404 to everything, and waits for nobody', async (t) => {
  const answers: number[] = [];
  const server = createPlainServer(new ChallengeTable(), (status) => answers.push(status), SHORT);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const slow = new Connection(net.connect(port, '127.0.0.1'));
  slow.socket.write('GET / HTTP/1.1\r\n');
  for (const request of [
    get(),
    get('/', 'x'),
    'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST / HTTP/1.0\r\n\r\n',
  ]) {
    const connection = new Connection(net.connect(port, '127.0.0.1'));
    connection.socket.write(request);
    await connection.closed;
    t.match(connection.received, /^HTTP\/1\.1 404 /);
  }
  await slow.closed;
  t.match(slow.received, /^HTTP\/1\.1 408 /);
  t.strictSame(answers, [404, 404, 404, 404]);
});
