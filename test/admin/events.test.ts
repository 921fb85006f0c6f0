import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Happening } from '../../src/access/happening.ts';
import { EventStream } from '../../src/admin/event-stream.ts';
import { ADMIN, Api, hostname } from './api.ts';

function left(domain: string): Happening {
  return { kind: 'tenant.left', domain: hostname(domain), data: {} };
}

/** Listens until `enough` holds of all that was heard. */
async function listen(
  t: Test,
  base: string,
  { token = ADMIN, query = '', last }: { token?: string; query?: string; last?: string },
  enough: (text: string) => boolean,
): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, ...(last !== undefined && { 'last-event-id': last }) };
  const ending = new AbortController();
  const answer = await fetch(`${base}/api/v1/events${query}`, { headers, signal: ending.signal });
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('content-type'), 'text/event-stream');
  let text = '';
  for await (const part of answer.body ?? []) {
    text += Buffer.from(part).toString();
    if (enough(text)) break;
  }
  ending.abort();
  return text;
}

const ids = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

t.test('events come as they happen, and again from where one left off', async (t) => {
  const api = new Api(t);
  const base = await api.server.listen({ host: '127.0.0.1', port: 0 });
  api.happenings.tell([left('before.example')]);
  const heard = listen(t, base, {}, (text) => text.includes('two.example'));
  await sleep(200);
  api.happenings.tell([left('one.example')]);
  api.happenings.tell([left('two.example')]);
  const text = await heard;
  t.same(ids(text), [2, 3]);
  t.match(text, /^retry: 3000\n\n/);
  t.match(text, /id: 2\nevent: tenant.left\ndata: {"at":"20.+","domain":"one.example"}\n\n/);
  t.same(ids(await listen(t, base, { last: '1' }, (text) => text.includes('two'))), [2, 3]);
  t.same(
    ids(await listen(t, base, { query: '?after=0&domain=one.example' }, (text) => text.includes('one'))),
    [2],
  );
  for (const last of ['99', '-1']) {
    const lost = await listen(t, base, { last }, (text) => text.includes('gap'));
    t.match(lost, /event: gap\ndata: {"detail":/, `after ${last}`);
  }
  const bad = await api.ask('GET', '/events', { headers: { 'last-event-id': 'soon' } });
  t.equal(bad.statusCode, 400);
});

t.test('a bound token hears of its tenants alone, and nothing once it is revoked', async (t) => {
  const api = new Api(t);
  const base = await api.server.listen({ host: '127.0.0.1', port: 0 });
  await api.tenant('labelled.example', { customer: '42' });
  const token = await api.token('bound', 'viewer', { domains: ['mine.example'], labels: { customer: '42' } });
  const heard = listen(t, base, { token }, () => false);
  await sleep(200);
  const service: Happening = {
    kind: 'certificate.failed',
    domain: undefined,
    data: { host: hostname('sts.example.net'), ca: 'ca', outcome: 'failed', why: 'for a test' },
  };
  api.happenings.tell([left('theirs.example'), left('mine.example'), service, left('labelled.example')]);
  await sleep(200);
  const [kept] = api.access.tokens.after('', 1);
  await api.ask('DELETE', `/tokens/${kept?.id}`);
  api.happenings.tell([left('mine.example')]);
  const text = await heard;
  t.same(ids(text), [2, 4], 'and the stream ends by itself');
});

t.test('so many listen and no more, and a server that ends lets them go', async (t) => {
  const api = new Api(t);
  const base = await api.server.listen({ host: '127.0.0.1', port: 0 });
  const ending = new AbortController();
  const ask = () =>
    fetch(`${base}/api/v1/events`, { headers: { authorization: `Bearer ${ADMIN}` }, signal: ending.signal });
  const open = await Promise.all(Array.from({ length: 20 }, ask));
  t.ok(open.every(({ status }) => status === 200));
  t.equal((await ask()).status, 429);
  api.ending.abort();
  await Promise.all(open.map((answer) => answer.text()));
  t.pass('all have come to their end');
});

t.test('what nobody takes is not read', async (t) => {
  const api = new Api(t);
  for (let number = 1; number <= 30; number += 1)
    api.happenings.tell(Array.from({ length: 100 }, () => left(`${'x'.repeat(60)}.${number}.example`)));
  let reads = 0;
  const { happenings } = api.access;
  const stream = new EventStream(0, {
    happenings: {
      range: () => happenings.range(),
      after: (number, most) => {
        reads += 1;
        return happenings.after(number, most);
      },
    },
    wants: () => true,
    isGood: () => true,
    signal: new AbortController().signal,
    listen: () => () => undefined,
  });
  stream.resume();
  stream.pause();
  await sleep(50);
  t.ok(reads < 6, `of 15 batches ${reads} were read`);
  let length = 0;
  for await (const part of stream) {
    length += String(part).split('\n\n').length - 1;
    if (length > 3_000) break;
  }
  t.equal(length, 3_001, 'all of it, and the greeting');
  t.ok(stream.destroyed);
});

t.test('the last ten thousand are kept', async (t) => {
  const api = new Api(t);
  for (let turn = 0; turn < 21; turn += 1)
    api.happenings.tell(Array.from({ length: 500 }, () => left('example.com')));
  t.same(api.access.happenings.range(), { oldest: 501, newest: 10_500 });
});
