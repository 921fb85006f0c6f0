import t from 'tap';
import { Api, policy } from './api.ts';

t.test('a tenant is created, seen, changed and let go', async (t) => {
  const api = new Api(t);
  const body = { domain: 'Example.COM', policy, labels: { customer: '42' } };
  const created = await api.ask('POST', '/tenants', { body });
  t.equal(created.statusCode, 201, created.body);
  t.equal(created.headers.location, '/api/v1/tenants/example.com');
  t.match(created.json(), { dry_run: false, tenant: { domain: 'example.com' }, revision: { number: 1 } });
  const seen = await api.ask('GET', '/tenants/example.com');
  t.equal(seen.headers.etag, created.headers.etag);
  t.match(seen.json(), {
    policy,
    labels: { customer: '42' },
    revision: { policy, actor: 'token:configured' },
  });
  const changed = await api.ask('PUT', '/tenants/example.com', {
    body: { policy: { ...policy, mode: 'enforce' } },
    headers: { 'if-match': String(seen.headers.etag) },
  });
  t.equal(changed.statusCode, 200, changed.body);
  t.match(changed.json(), { revision: { number: 2 }, tenant: { labels: { customer: '42' } } });
  const leaving = await api.ask('DELETE', '/tenants/example.com', {
    headers: { 'if-match': String(changed.headers.etag) },
  });
  t.equal(leaving.statusCode, 202, leaving.body);
  t.match(leaving.json(), { tenant: { policy: { mode: 'none' } } });
  const gone = await api.ask('DELETE', '/tenants/example.com?force=true', {
    headers: { 'if-match': String(leaving.headers.etag) },
  });
  t.equal(gone.statusCode, 200, gone.body);
  t.equal((await api.ask('GET', '/tenants/example.com')).statusCode, 404);
});

t.test('lists are paged and searched', async (t) => {
  const api = new Api(t);
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    await api.tenant(`${name}.example`, { group: name < 'c' ? '1' : '2' });
  const list = async (query: string) => {
    const answer = await api.ask('GET', `/tenants${query}`);
    t.equal(answer.statusCode, 200, answer.body);
    const { items, next } = answer.json<{ items: { domain: string }[]; next: string | null }>();
    return { found: items.map(({ domain }) => domain[0]).join(''), next };
  };
  const first = await list('?limit=2');
  t.equal(first.found, 'ab');
  const second = await list(`?limit=2&cursor=${first.next}`);
  t.equal(second.found, 'cd');
  t.same(await list(`?limit=2&cursor=${second.next}`), { found: 'e', next: null });
  t.equal((await list('?label=group:1')).found, 'ab');
  t.equal((await list('?name=D.EX')).found, 'd');
  t.equal((await list('?mode=enforce')).found, '');
  t.equal((await list('?stage=serving&mode=testing')).found, 'abcde');
});
