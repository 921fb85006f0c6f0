import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Api, policy } from './api.ts';

const key = (name: string) => ({ 'idempotency-key': name });

t.test('the same request with the same key is done once and answered the same', async (t) => {
  const api = new Api(t);
  const asking = { body: { name: 'robot', scope: 'viewer' }, headers: key('k1') };
  const first = await api.ask('POST', '/tokens', asking);
  t.equal(first.statusCode, 201);
  const second = await api.ask('POST', '/tokens', asking);
  t.equal(second.statusCode, 201);
  t.equal(second.body, first.body, 'with the very token');
  t.equal(second.headers['idempotency-replayed'], 'true');
  t.equal(second.headers.location, first.headers.location);
  const { secret } = first.json<{ secret: string }>();
  const state = readFileSync(join(api.folder, 'state.sqlite'), 'latin1');
  const log = readFileSync(join(api.folder, 'state.sqlite-wal'), 'latin1');
  t.notOk((state + log).includes(secret.slice(9)), 'nobody finds the token in the state file');
  const other = await api.ask('POST', '/tokens', { ...asking, body: { name: 'other', scope: 'viewer' } });
  t.equal(other.statusCode, 422);
  t.match(other.json(), { type: 'urn:postseal:problem:key-reused' });
  const viewer = await api.token('x', 'admin');
  const theirs = await api.ask('POST', '/tokens', { ...asking, token: viewer });
  t.equal(theirs.statusCode, 409, "another token's key is another key: the name is taken");
});

t.test('twice at once it is done once', async (t) => {
  const api = new Api(t);
  const asking = { body: { domain: 'example.com', policy }, headers: key('k2') };
  const answers = await Promise.all([1, 2, 3].map(() => api.ask('POST', '/tenants', asking)));
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [201, 201, 201],
  );
  t.equal(new Set(answers.map(({ body }) => body)).size, 1);
});

t.test('a key is forgotten after a day, and at once where nothing was done', async (t) => {
  const api = new Api(t);
  const asking = { body: { domain: 'example.com', policy }, headers: key('k3') };
  api.desk.isFull = true;
  t.equal((await api.ask('POST', '/tenants', asking)).statusCode, 503);
  api.desk.isFull = false;
  t.equal((await api.ask('POST', '/tenants', asking)).statusCode, 201);
  api.ahead = 23 * 3_600_000;
  t.equal((await api.ask('POST', '/tenants', asking)).statusCode, 201);
  api.ahead = 25 * 3_600_000;
  t.equal((await api.ask('POST', '/tenants', asking)).statusCode, 409, 'it is there');
});

t.test('bulk lines are answered one by one, and the same again', async (t) => {
  const api = new Api(t);
  const etag = JSON.parse(await api.tenant('old.example'));
  const lines = [
    { domain: 'new.example', policy },
    { domain: 'bad.example', policy: { mode: 'never', max_age: -1 } },
    'nonsense',
    { domain: 'old.example', policy: { ...policy, mode: 'enforce' }, if_match: etag },
    { domain: 'old.example', policy, if_match: 'other' },
    { domain: 'old.example', policy },
    { domain: 'old.example', policy, if_match: '*' },
    { domain: 'new.example', policy, nonsense: 1 },
  ];
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n\n');
  const asking = { body: text, headers: { ...key('k4'), 'content-type': 'application/x-ndjson' } };
  const answer = await api.ask('POST', '/tenants/bulk', asking);
  const results = answer.body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.same(
    results.map(({ line, status, revision }) => [line, status, revision]),
    [
      [1, 200, 1],
      [3, 422, null],
      [5, 422, null],
      [7, 200, 2],
      [9, 409, null],
      [11, 409, null],
      [13, 200, 3],
      [15, 422, null],
    ],
  );
  const again = await api.ask('POST', '/tenants/bulk', asking);
  t.equal(again.body, answer.body);
  const dry = await api.ask('POST', '/tenants/bulk?dry_run=true', {
    body: JSON.stringify({ domain: 'dry.example', policy }),
    headers: { 'content-type': 'application/x-ndjson' },
  });
  t.match(JSON.parse(dry.body), { status: 200, id: /^2/, revision: null });
  t.equal((await api.ask('GET', '/tenants/dry.example')).statusCode, 404);
  const bound = await api.token('bound', 'operator', { labels: { customer: '42' } });
  const foreign = await api.ask('POST', '/tenants/bulk', {
    body: JSON.stringify({ domain: 'old.example', policy, if_match: '*', labels: { customer: '42' } }),
    headers: { 'content-type': 'application/x-ndjson' },
    token: bound,
  });
  t.equal(
    JSON.parse(foreign.body).status,
    404,
    "nobody takes another's tenant by giving it a label of theirs",
  );
});
