import t from 'tap';
import { ADMIN, Api, policy } from './api.ts';

t.test('without a good token there is nothing', async (t) => {
  const api = new Api(t);
  for (const path of ['/tenants', '/tenants/example.com', '/nowhere', '/tokens', '/']) {
    for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD', 'PATCH'] as const) {
      const answer = await api.ask(method, path, { token: '', address: `192.0.2.${path.length}` });
      t.equal(answer.statusCode, 401, `${method} ${path}`);
      t.equal(answer.headers['www-authenticate'], 'Bearer realm="postseal"');
      t.match(answer.headers['content-type'], /^application\/problem\+json/);
    }
  }
  t.equal((await api.ask('GET', '/tenants', { token: `${ADMIN}x` })).statusCode, 401);
  const outside = await api.server.inject({ method: 'GET', url: '/elsewhere' });
  t.equal(outside.statusCode, 404);
  t.match(outside.json(), { type: 'urn:postseal:problem:not-found', status: 404 });
});

t.test('a scope holds those before it, and nothing beyond', async (t) => {
  const api = new Api(t);
  const etag = await api.tenant('example.com');
  const change = { body: { policy }, headers: { 'if-match': etag } };
  const allowed = { viewer: [200, 403, 403], operator: [200, 200, 403], admin: [200, 200, 200] };
  for (const [scope, expected] of Object.entries(allowed)) {
    const token = await api.token(scope, scope);
    const answers = [
      await api.ask('GET', '/tenants/example.com', { token }),
      await api.ask('PUT', '/tenants/example.com', { ...change, token }),
      await api.ask('GET', '/tokens', { token }),
    ];
    t.same(
      answers.map(({ statusCode }) => statusCode),
      expected,
      scope,
    );
  }
});

t.test('a token that is bound to some tenants sees and changes these alone', async (t) => {
  const api = new Api(t);
  const etags = {
    mine: await api.tenant('mine.example'),
    labelled: await api.tenant('labelled.example', { customer: '42' }),
    theirs: await api.tenant('theirs.example', { customer: '43' }),
  };
  const token = await api.token('bound', 'operator', {
    domains: ['mine.example'],
    labels: { customer: '42' },
  });
  const listed = await api.ask('GET', '/tenants', { token });
  t.same(
    listed.json<{ items: { domain: string }[] }>().items.map(({ domain }) => domain),
    ['labelled.example', 'mine.example'],
  );
  t.equal((await api.ask('GET', '/tenants/mine.example', { token })).statusCode, 200);
  t.equal((await api.ask('GET', '/tenants/labelled.example', { token })).statusCode, 200);
  const theirs = await api.ask('GET', '/tenants/theirs.example', { token });
  const unknown = await api.ask('GET', '/tenants/unknown.example', { token });
  t.equal(theirs.statusCode, 404);
  t.equal(theirs.body, unknown.body, "another's name answers as an unknown one does");
  const put = (domain: string, etag: string, body: object) =>
    api.ask('PUT', `/tenants/${domain}.example`, { token, body, headers: { 'if-match': etag } });
  t.equal((await put('theirs', etags.theirs, { policy })).statusCode, 404);
  t.equal((await put('labelled', etags.labelled, { policy, labels: { customer: '43' } })).statusCode, 403);
  t.equal((await put('mine', etags.mine, { policy, labels: { customer: '43' } })).statusCode, 200);
  const create = async (domain: string, labels: object) =>
    (await api.ask('POST', '/tenants', { token, body: { domain, policy, labels } })).statusCode;
  t.equal(await create('new.example', {}), 403);
  t.equal(await create('theirs.example', { customer: '43' }), 403, 'nothing tells that it is there');
  t.equal(await create('theirs.example', { customer: '42' }), 403, 'nor that of its document');
  t.equal(await create('new.example', { customer: '42' }), 201);
  t.equal((await api.ask('GET', '/tokens', { token })).statusCode, 403);
});

t.test('a revoked token and an expired one are good for nothing', async (t) => {
  const api = new Api(t);
  const token = await api.token('leaver', 'viewer');
  const { items } = (await api.ask('GET', '/tokens')).json<{ items: { id: string; name: string }[] }>();
  t.equal((await api.ask('GET', '/tenants', { token })).statusCode, 200);
  const revoked = await api.ask('DELETE', `/tokens/${items[0]?.id}`);
  t.equal(revoked.statusCode, 200);
  t.match(revoked.json(), { name: 'leaver', revoked_at: String });
  t.equal((await api.ask('GET', '/tenants', { token })).statusCode, 401);
  const again = await api.ask('POST', '/tokens', { body: { name: 'leaver', scope: 'viewer' } });
  t.equal(again.statusCode, 409, 'its name is not given again');
  const body = { name: 'brief', scope: 'viewer', expires_at: new Date(Date.now() + 60_000).toISOString() };
  const brief = (await api.ask('POST', '/tokens', { body })).json<{ secret: string }>().secret;
  t.equal((await api.ask('GET', '/tenants', { token: brief })).statusCode, 200);
  api.ahead = 61_000;
  t.equal((await api.ask('GET', '/tenants', { token: brief })).statusCode, 401);
});

t.test('who tries tokens waits, each time longer', async (t) => {
  const api = new Api(t);
  const guess = (address: string, token = 'postseal_wrong') => api.ask('GET', '/tenants', { token, address });
  for (let turn = 0; turn < 5; turn += 1) t.equal((await guess('2001:db8::1')).statusCode, 401);
  const waits: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    const answer = await guess(`2001:db8::${turn}`);
    t.equal(answer.statusCode, 429, 'the whole network waits');
    const wait = Number(answer.headers['retry-after']);
    waits.push(wait);
    api.ahead += wait * 1000;
    t.equal((await guess('2001:db8::1')).statusCode, 401);
  }
  t.same(waits, [1, 2, 4, 8]);
  t.equal(
    (await guess('2001:db8::1', ADMIN)).statusCode,
    429,
    'with a good token too, so that none can be tried',
  );
  t.equal((await guess('2001:db8:0:1::1', ADMIN)).statusCode, 200, 'nobody else waits');
  api.ahead += 16_000;
  t.equal((await guess('2001:db8::1', ADMIN)).statusCode, 200);
  t.equal((await guess('2001:db8::1')).statusCode, 401, 'a good one makes good');
});

t.test('each token may ask so often and no more', async (t) => {
  const api = new Api(t, { perMinute: 60 });
  const answers = [];
  for (let turn = 0; turn < 7; turn += 1)
    answers.push(await api.ask('GET', '/tenants', { address: `192.0.2.${turn}` }));
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 200, 200, 200, 200, 429],
  );
  t.equal(answers.at(-1)?.headers['retry-after'], '1');
  api.ahead = 1_000;
  t.equal((await api.ask('GET', '/tenants')).statusCode, 200);
});

t.test('a proxy is believed only where it is set', async (t) => {
  const address = async (proxies: readonly string[]) => {
    const api = new Api(t, { proxies });
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const body = { domain: 'example.com', policy };
    await api.ask('POST', '/tenants', { body, headers, address: '127.0.0.1' });
    return api.access.audit.find({ before: 10, most: 1 })[0]?.by.address;
  };
  t.equal(await address([]), '127.0.0.1');
  t.equal(await address(['127.0.0.0/8']), '203.0.113.9');
});
