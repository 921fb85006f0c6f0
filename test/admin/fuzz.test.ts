import { request } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import t from 'tap';
import { ENDPOINTS } from '../../src/admin/endpoints.ts';
import { ADMIN, Api, hostname, policy } from './api.ts';

const endings = ['/tenants', '/tenants/example.com', '/tenants/bulk', '/tokens', '/audit', '/events?after=x'];
const paths = ENDPOINTS.map(({ path }) => path).concat(endings);

const value = fc.oneof(
  fc.constantFrom(
    'example.com',
    '..',
    '%2e%2e',
    '%',
    '%00',
    '__proto__',
    '1',
    '-1',
    '9'.repeat(30),
    '*',
    'ü.example',
  ),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const path = fc
  .tuple(fc.constantFrom(...paths), fc.array(value, { minLength: 3, maxLength: 3 }), value, fc.boolean())
  .map(([template, values, query, isRaw]) => {
    const encode = (text: string) =>
      isRaw ? text.replaceAll(/[^\x21-\x7e]/g, '') : encodeURIComponent(text.toWellFormed());
    let index = 0;
    const filled = template.replaceAll(/\{\w+\}/g, () => encode(values[index++ % 3] ?? ''));
    return `/api/v1${filled}?${encode(query)}`;
  });
const body = fc.oneof(
  fc.json(),
  fc
    .record(
      {
        domain: fc.oneof(value, fc.constant('example.com')),
        policy: fc.anything(),
        labels: fc.anything(),
        name: value,
        scope: value,
        to: fc.anything(),
        mx: fc.anything(),
      },
      { requiredKeys: [] },
    )
    .map((one) => safeJson(one)),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom(
    '',
    '[',
    '{'.repeat(5_000),
    '[['.repeat(50_000),
    '{"__proto__":{"x":1}}',
    `{"policy":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  ),
);
const header = fc.oneof(
  fc.constantFrom(
    'application/json',
    'application/x-ndjson',
    'text/plain',
    '*/*',
    '"x"',
    '*',
    'W/"x", y',
    ';;;=',
    'application/json; charset=x',
  ),
  fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[^\t\x20-\x7e]/g, '')),
);

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? String(one) : one)) ?? '';
  } catch {
    return '';
  }
}

t.test('whatever is asked is answered, and never by a fault of ours', async (t) => {
  const api = new Api(t);
  await api.tenant('example.com');
  const headers = fc.record(
    {
      'content-type': header,
      accept: header,
      'if-match': header,
      'if-none-match': header,
      'idempotency-key': header,
      'last-event-id': header,
    },
    { requiredKeys: [] },
  );
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS' as const);
  await fc.assert(
    fc.asyncProperty(method, path, body, headers, async (method, url, body, headers) => {
      // What never ends is asked for elsewhere.
      if (url.includes('/events') && method === 'GET') return;
      const answer = await api.ask(method, url, { body, headers });
      if (answer.statusCode >= 500) throw new Error(`${answer.statusCode} ${answer.body}`);
      if (/node_modules|\.ts:\d|at \w+ \(/.test(answer.body))
        throw new Error(`A stack trace: ${answer.body}`);
      if (answer.statusCode >= 400 && method !== 'HEAD') JSON.parse(answer.body);
    }),
    { numRuns: 400 },
  );
  t.match(
    api.log.filter((line) => 'event' in line && line.event === 'admin_failed'),
    [],
  );
  t.notOk(JSON.stringify(api.log).includes(ADMIN.slice(9)), 'no token in the log');
  const lines = [...api.access.audit.lines()];
  t.notOk(JSON.stringify(lines).includes(ADMIN.slice(9)), 'nor in the audit');
  t.ok(api.desk.revisions(hostname('example.com')).length > 0, 'and the tenant is still there');
});

/** What is answered to bytes that may be no request. */
function raw(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    const parts: Buffer[] = [];
    socket.on('data', (part) => parts.push(part));
    socket.on('error', () => resolve(Buffer.concat(parts).toString('latin1')));
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
  });
}

t.test('bytes that are no request get a problem, or the end', async (t) => {
  const api = new Api(t);
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = api.server.server.address() as { port: number };
  const fine = `GET /api/v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN}\r\n`;
  for (const bytes of [
    'nonsense\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET /api/v1/tenants HTTP/1.1\r\n\r\n',
    `${fine}X: ${'y'.repeat(20_000)}\r\n\r\n`,
    `${fine}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n`,
    `${fine}Content-Length: -1\r\n\r\n`,
    `${fine}Expect: something\r\nConnection: close\r\n\r\n`,
    'BREW /api/v1/tenants HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n',
    `POST /api/v1/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ADMIN}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  ]) {
    const answer = await raw(port, Buffer.from(bytes, 'latin1'));
    t.match(answer, /^$|^HTTP\/1\.1 (4\d\d|200) /, JSON.stringify(bytes.slice(0, 60)));
    t.notMatch(answer, /\.ts:\d|node_modules/);
  }
  t.match(
    await raw(port, Buffer.from(`${fine}Connection: close\r\n\r\n`)),
    /^HTTP\/1\.1 200 /,
    'and it goes on',
  );
});

t.test('a body that is too large is refused before it has come', async (t) => {
  const api = new Api(t);
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = api.server.server.address() as { port: number };
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${ADMIN}`,
      'content-type': 'application/json',
      'content-length': 10_000_000,
    };
    const asking = request({ port, path: '/api/v1/tenants', method: 'POST', headers });
    asking.on('response', (response) => resolve(response.statusCode)).on('error', reject);
    asking.write('{');
  });
  t.equal(status, 413);
  t.equal((await api.ask('POST', '/tenants', { body: { domain: 'a.example', policy } })).statusCode, 201);
});
