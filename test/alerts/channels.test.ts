import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { commandChannel } from '../../src/alerts/command.ts';
import { alertMessage } from '../../src/alerts/message.ts';
import { webhookChannel } from '../../src/alerts/webhook.ts';
import { eventually } from '../peers/eventually.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const MESSAGE = alertMessage([], 'sts.example.net', 0);
const SECRET = 'a secret for tests only';

t.test('a webhook gets the message, signed', async (t) => {
  const receiver = await startReceiver(t, (response) => response.writeHead(204).end());
  const channel = webhookChannel({ url: `${receiver.url}/hook?token=s3cret`, secret: SECRET });
  t.same(await channel.tell(MESSAGE, noAbort()), { outcome: 'told' });
  const [request] = receiver.requests;
  t.same(JSON.parse(request?.body ?? ''), MESSAGE);
  const { 'webhook-id': id, 'webhook-timestamp': at } = request?.headers ?? {};
  const expected = createHmac('sha256', SECRET).update(`${id}.${at}.${request?.body}`).digest('base64');
  t.match(id, /^msg_[\da-f-]{36}$/);
  t.equal(at, '0', 'the time of the message');
  t.match(request, {
    line: 'POST /hook?token=s3cret',
    headers: { 'webhook-signature': `v1,${expected}`, 'content-type': 'application/json' },
  });
});

t.test('without a secret nothing is signed; a user and a password go into a header', async (t) => {
  const receiver = await startReceiver(t, (response) => response.end('ok'));
  const url = receiver.url.replace('//', '//user:p%40ss@');
  t.same(await webhookChannel({ url, secret: undefined }).tell(MESSAGE, noAbort()), { outcome: 'told' });
  const { headers } = receiver.requests[0] ?? {};
  t.equal(headers?.authorization, `Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  t.equal(headers?.['webhook-signature'], undefined);
});

t.test('whatever a webhook does, the reason holds no more of its address than the origin', async (t) => {
  const answers: [RegExp, (response: ServerResponse) => void][] = [
    [/HTTP status 500$/, (response) => response.writeHead(500).end('x'.repeat(1_000_000))],
    [/HTTP status 404$/, (response) => response.writeHead(404).end()],
    [/HTTP status 302; redirects/, (response) => response.writeHead(302, { location: '/other' }).end()],
    [/can't be reached \(UND_ERR_SOCKET\)/, (response) => response.destroy()],
    [/no answer in 0\.2 seconds/, () => {}],
  ];
  for (const [why, answer] of answers) {
    const receiver = await startReceiver(t, answer);
    const channel = webhookChannel({ url: `${receiver.url}/s3cret`, secret: SECRET, time: 200 });
    const told = await channel.tell(MESSAGE, noAbort());
    t.match(told, { outcome: 'failed', why });
    t.match(told, { why: receiver.url });
    t.notMatch(JSON.stringify(told), /s3cret|for tests only/);
    t.equal(receiver.requests.length, 1, 'one request, whatever comes of it');
  }
  const nobody = webhookChannel({ url: 'http://127.0.0.1:1/s3cret', secret: undefined });
  t.match(await nobody.tell(MESSAGE, noAbort()), {
    outcome: 'failed',
    why: /^http:\/\/127\.0\.0\.1:1 can't be reached/,
  });
});

t.test('a telling ends when the server does', async (t) => {
  const reason = new Error('Postseal ends');
  const receiver = await startReceiver(t, () => {});
  await t.rejects(
    webhookChannel({ url: receiver.url, secret: undefined }).tell(MESSAGE, abortSoon(reason)),
    reason,
  );
  const sleeper = program(t, 'exec sleep 60');
  await t.rejects(commandChannel(sleeper).tell(MESSAGE, abortSoon(reason)), reason);
});

t.test('a program gets the message, and nothing of our environment', async (t) => {
  process.env.POSTSEAL_TEST_SECRET = SECRET;
  const out = join(temporaryFolder(t), 'out');
  const channel = commandChannel(program(t, `cat > ${out}; env > ${out}.env`));
  t.same(await channel.tell(MESSAGE, noAbort()), { outcome: 'told' });
  t.same(JSON.parse(readFileSync(out, 'utf8')), MESSAGE);
  const environment = readFileSync(`${out}.env`, 'utf8');
  t.match(environment, /^PATH=/m);
  t.notMatch(environment, SECRET);
});

t.test('a program that fails tells why', async (t) => {
  const bad = program(t, 'echo "no route\n to host" >&2; exit 3');
  t.match(await commandChannel(bad).tell(MESSAGE, noAbort()), {
    outcome: 'failed',
    why: `${bad} ended with exit code 3: no route to host`,
  });
  t.match(await commandChannel('/nowhere/program').tell(MESSAGE, noAbort()), {
    outcome: 'failed',
    why: /ENOENT/,
  });
});

t.test('a program that hangs is ended, with what it started', async (t) => {
  const mark = join(temporaryFolder(t), 'mark');
  const hangs = program(t, `(sleep 2; touch ${mark}) & echo started > ${mark}.started; wait`);
  const telling = commandChannel(hangs, 1_000).tell(MESSAGE, noAbort());
  await eventually('its start', () => existsSync(`${mark}.started`));
  t.match(await telling, { outcome: 'failed', why: /ran longer than 1 seconds/ });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  t.notOk(existsSync(mark));
});

interface Received {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function startReceiver(t: Test, answer: (response: ServerResponse) => void) {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method, url, headers } = request;
    requests.push({ line: `${method} ${url}`, headers, body: Buffer.concat(parts).toString() });
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** The path of a shell script. */
function program(t: Test, script: string): string {
  const file = join(temporaryFolder(t), 'program');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

function noAbort(): AbortSignal {
  return new AbortController().signal;
}

function abortSoon(reason: Error): AbortSignal {
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 100);
  return abort.signal;
}
