import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { fetchPolicy, trusting } from '../../src/checks/policy-fetch.ts';
import { type HttpAnswer, wrongIn } from '../../src/checks/policy-seen.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { createTestCa, type KeyAndCertificate } from '../peers/test-ca.ts';

const HOST = 'mta-sts.example.test' as Hostname;
const TEXT = 'version: STSv1\r\nmode: none\r\nmax_age: 1\r\n';

const expected = (answer: HttpAnswer) => wrongIn(answer, TEXT);
const ca = await createTestCa();
const context = trusting([ca.root]);
const good = await ca.issue([HOST]);

const policy: RequestListener = ({ url, headers }, response) => {
  const isRight = url === '/.well-known/mta-sts.txt' && headers.host === HOST;
  response.writeHead(isRight ? 200 : 404, { 'content-type': 'text/plain' }).end(TEXT);
};

/** What a fetch finds at a server with this certificate and these answers. */
async function found(t: Test, { key, certificate }: KeyAndCertificate, answer: RequestListener) {
  const server = https.createServer({ key, cert: certificate }, answer).listen(0, '127.0.0.1');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const fetch = { host: HOST, address: '127.0.0.1', port, context, wrongIn: expected };
  return fetchPolicy(fetch, new AbortController().signal);
}

t.test('the policy, by its name and with its certificate', async (t) => {
  t.strictSame(await found(t, good, policy), { seen: 'policy' });
  const wild = await ca.issue(['*.example.test']);
  t.strictSame(await found(t, wild, policy), { seen: 'policy' }, 'a wildcard is the left-most label');
});

t.test('a certificate that does not prove the host', async (t) => {
  const stranger = await createTestCa('Unknown CA');
  for (const [what, certificate] of [
    ['of an unknown authority', await stranger.issue([HOST])],
    ['expired', await ca.issue([HOST], -1)],
    ['for another name', await ca.issue(['www.example.test'])],
    ['for a name with a wildcard that is too wide', await ca.issue(['*.test'])],
  ] as const) {
    t.match(await found(t, certificate, policy), { seen: 'unproven' }, what);
  }
});

t.test('answers that are no policy', async (t) => {
  const flood: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const pour = () => {
      while (response.write('x'.repeat(4096)));
    };
    response.on('drain', pour);
    pour();
  };
  const redirect: RequestListener = (_, response) => {
    response.writeHead(302, { location: `https://${HOST}/.well-known/mta-sts.txt` }).end();
  };
  t.match(await found(t, good, redirect), { seen: 'answer', wrong: /redirect/ }, 'is not followed');
  t.match(await found(t, good, flood), { seen: 'answer', wrong: /other bytes/ }, 'is not read to its end');
  t.match(await found(t, good, (_, response) => response.writeHead(503).end()), {
    seen: 'answer',
    wrong: /status 503/,
  });
});

t.test('nobody there', async (t) => {
  const server = https.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const fetch = { host: HOST, address: '127.0.0.1', port, context, wrongIn: expected };
  t.match(await fetchPolicy(fetch, new AbortController().signal), {
    seen: 'unreachable',
    why: 'connection refused',
    fromHere: false,
  });
  await t.rejects(fetchPolicy(fetch, AbortSignal.abort(new Error('given up'))), { message: 'given up' });
});
