import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import t from 'tap';
import { DNS_TIMES } from '../../src/announce/dns-messages.ts';
import { framed } from '../../src/dns/frames.ts';
import { FACTS, queryFor, shown } from '../dns/zone.ts';
import { eventually } from '../peers/eventually.ts';
import { ask, DnsSite, TcpClient } from './dns-site.ts';

t.setTimeout(240_000);

const soa = { name: FACTS.name, type: 'SOA' };
const site = await DnsSite.start(t, {
  count: 1,
  settings: { maxConnections: 4, times: { ...DNS_TIMES, idle: 3_000 } },
});
await site.announce('example.com._mta-sts', 'x'.repeat(1500));
const long = { name: `example.com._mta-sts.${FACTS.name}`, type: 'TXT' };

t.test('what does not fit over UDP comes whole over TCP', async (t) => {
  const short = await ask(site.port, queryFor({ ...long, edns: { size: 4096 } }));
  t.match(shown(short ?? Buffer.alloc(0)), { flags: ['aa', 'tc'], answers: [] });
  const client = new TcpClient(site.port);
  client.socket.write(framed(queryFor(long)));
  const [answer = Buffer.alloc(0)] = await client.received(1);
  t.equal(shown(answer).answers.length, 1);
  t.ok(answer.length > 1500);
  client.socket.destroy();
});

t.test('one connection carries many queries, in one piece or by the octet', async (t) => {
  const client = new TcpClient(site.port);
  const queries = Array.from({ length: 50 }, (_, id) => framed(queryFor({ ...soa, id })));
  client.socket.write(Buffer.concat(queries));
  const answers = await client.received(50);
  t.same(
    answers.map((answer) => answer.readUInt16BE(0)),
    Array.from({ length: 50 }, (_, id) => id),
  );
  for (const octet of framed(queryFor({ ...soa, id: 99 }))) {
    client.socket.write(Buffer.of(octet));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await client.received(51);
  client.socket.end(framed(queryFor({ ...soa, id: 100 })));
  t.equal(
    (await client.received(52))[51]?.readUInt16BE(0),
    100,
    'a client that says nothing more is answered',
  );
  await client.ended;
});

t.test('a connection over which nothing comes, or no query, is ended', async () => {
  const idle = new TcpClient(site.port);
  const tooLong = new TcpClient(site.port);
  tooLong.socket.write(Buffer.of(0xff, 0xff, 0));
  await tooLong.ended;
  await idle.ended;
});

t.test('over the most connections the one that asked longest ago gives way', async (t) => {
  const clients: TcpClient[] = [];
  for (let index = 0; index < 4; index += 1) {
    const client = new TcpClient(site.port);
    client.socket.write(framed(queryFor(soa)));
    await client.received(1);
    clients.push(client);
  }
  const [first, second] = clients;
  first?.socket.write(framed(queryFor(soa)));
  await first?.received(2);
  const fifth = new TcpClient(site.port);
  fifth.socket.write(framed(queryFor(soa)));
  await fifth.received(1);
  await second?.ended;
  t.equal(first?.socket.closed, false);
  for (const client of [...clients, fifth]) client.socket.destroy();
});

t.test('whatever comes over UDP, it is answered within its allowance, and the next query too', async (t) => {
  const socket = createSocket('udp4');
  const answers: Buffer[] = [];
  socket.on('message', (answer) => answers.push(answer));
  const sent = fc.sample(fc.uint8Array({ maxLength: 600, size: 'max' }), 1_500).map((bytes, index) => {
    const message = Buffer.from(bytes);
    // Some that begin as a query does.
    if (index % 2 === 0 && message.length > 12) queryFor(soa).copy(message, 0, 0, 12);
    return message;
  });
  for (const [index, message] of sent.entries()) {
    socket.send(message, site.port, '127.0.0.1');
    if (index % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const answer = await ask(site.port, queryFor(soa));
  t.equal(shown(answer ?? Buffer.alloc(0)).answers.length, 1);
  await eventually('some answers', () => answers.length > 100);
  t.ok(answers.every(({ length }) => length <= 1232));
  t.ok(answers.length <= sent.length);
  t.equal(site.processes.restarts, 0);
  t.same(site.log, []);
  socket.close();
});

t.test('whatever comes over TCP, the server goes on', async (t) => {
  for (const bytes of fc.sample(fc.uint8Array({ minLength: 1, maxLength: 2_000, size: 'max' }), 40)) {
    const client = new TcpClient(site.port);
    client.socket.end(Buffer.from(bytes));
    await client.ended;
  }
  const answer = await ask(site.port, queryFor(soa));
  t.equal(shown(answer ?? Buffer.alloc(0)).answers.length, 1);
  t.equal(site.processes.restarts, 0);
});

t.test('over the rate, answers are dropped or send the client to TCP, where they are not', async (t) => {
  const limited = await DnsSite.start(t, { count: 1, settings: { responsesPerSecond: 5 } });
  const socket = createSocket('udp4');
  const answers: Buffer[] = [];
  socket.on('message', (answer) => answers.push(answer));
  // Whoever floods others varies what does not matter: the id, and the letter case.
  const query = queryFor(soa);
  for (let id = 0; id < 100; id += 1) {
    const name = id % 2 === 0 ? FACTS.name.toUpperCase() : FACTS.name;
    socket.send(queryFor({ ...soa, name, id }), limited.port, '127.0.0.1');
  }
  const seen = async () => (await limited.processes.metrics()).answers['udp NOERROR'] ?? 0;
  await eventually('all queries', async () => (await seen()) >= 100);
  const { limited: counts } = await limited.processes.metrics();
  const over = (counts.slip ?? 0) + (counts.drop ?? 0);
  t.ok(over >= 50, `${over} over the rate`);
  t.ok(Math.abs((counts.slip ?? 0) - (counts.drop ?? 0)) <= 1);
  await eventually('the answers', () => answers.length === 100 - (counts.drop ?? 0));
  const slipped = answers.filter((answer) => (answer.readUInt16BE(2) & 0x200) !== 0);
  t.equal(slipped.length, counts.slip);
  t.ok(slipped.every(({ length }) => length === query.length));
  const client = new TcpClient(limited.port);
  for (let index = 0; index < 100; index += 1) client.socket.write(framed(query));
  await client.received(100);
  client.socket.destroy();
  socket.close();
});

t.test('names that are there count each for itself, those that are not all together', async (t) => {
  const limited = await DnsSite.start(t, { count: 1, settings: { responsesPerSecond: 5 } });
  const names = Array.from({ length: 40 }, (_, index) => `n${index}.test._mta-sts`);
  await Promise.all(names.map((name) => limited.announce(name, 'a')));
  const socket = createSocket('udp4');
  const send = (name: string) =>
    socket.send(queryFor({ name: `${name}.${FACTS.name}`, type: 'TXT' }), limited.port, '127.0.0.1');
  const answered = async (what: string) => (await limited.processes.metrics()).answers[`udp ${what}`] ?? 0;
  for (const name of names) send(name);
  await eventually('an answer to each', async () => (await answered('NOERROR')) === 40);
  t.same((await limited.processes.metrics()).limited, {});
  for (const name of names) send(`no-${name}`);
  await eventually('all queries', async () => (await answered('NXDOMAIN')) === 40);
  const { slip = 0, drop = 0 } = (await limited.processes.metrics()).limited;
  t.ok(slip + drop >= 20, `${slip + drop} over the rate`);
  socket.close();
});

t.test('a port that is taken over UDP is not listened on', async (t) => {
  const taken = createSocket('udp4');
  taken.bind(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address();
  await t.rejects(DnsSite.start(t, { listen: [{ host: '127.0.0.1', port }] }), {
    code: 'EADDRINUSE',
    message: `Can't listen on 127.0.0.1:${port} (EADDRINUSE)`,
  });
  taken.close();
});
