import t, { type Test } from 'tap';
import type { Endpoint } from '../../src/admin/endpoint.ts';
import { ENDPOINTS } from '../../src/admin/endpoints.ts';
import { openapiOf } from '../../src/admin/openapi.ts';
import { PROBLEM_TYPE } from '../../src/admin/problem.ts';
import { ProblemShape } from '../../src/admin/shapes/problem.ts';
import { shapeFlaws } from '../../src/flaws/schema.ts';
import { Api, type Asking, hostname, policy } from './api.ts';

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
}
const document = openapiOf(ENDPOINTS) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
const problemFlaws = shapeFlaws(ProblemShape);

/** A request that an endpoint answers well, when the tenant `example.com` and the token `other` are there. */
interface Good {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
const JSON_LINES = { 'content-type': 'application/x-ndjson' };
const GOOD: Readonly<Record<string, Good>> = {
  listTenants: { path: '/tenants' },
  createTenant: { path: '/tenants', body: { domain: 'new.example', policy } },
  getTenant: { path: '/tenants/example.com' },
  replaceTenant: { path: '/tenants/example.com', body: { policy } },
  deleteTenant: { path: '/tenants/example.com' },
  bulkTenants: {
    path: '/tenants/bulk',
    body: '{"domain":"bulk.example","policy":{}}\n',
    headers: JSON_LINES,
  },
  adoptTenant: {
    path: '/tenants/adopted.example/adopt',
    body: {
      earlier: [
        {
          id: 'old1',
          text: 'version: STSv1\nmode: testing\nmx: mail.example.com\nmax_age: 86400\n',
          served_from: '2026-01-01T00:00:00Z',
          served_until: null,
        },
      ],
    },
  },
  getPolicy: { path: '/tenants/example.com/policy' },
  replacePolicy: { path: '/tenants/example.com/policy', body: policy },
  listRevisions: { path: '/tenants/example.com/revisions' },
  getRevision: { path: '/tenants/example.com/revisions/1' },
  rollBack: { path: '/tenants/example.com/rollback', body: { to: 1 } },
  planChange: { path: '/tenants/example.com/plan', body: { mx: ['mx.example.net'] } },
  getClaim: { path: '/tenants/claimed.example/claim' },
  proveClaim: { path: '/tenants/claimed.example/claim' },
  withdrawClaim: { path: '/tenants/claimed.example/claim' },
  getRecords: { path: '/tenants/example.com/records' },
  getCertificate: { path: '/tenants/example.com/certificate' },
  renewCertificate: { path: '/tenants/example.com/certificate/renew' },
  getPublication: { path: '/tenants/example.com/publication' },
  listTokens: { path: '/tokens' },
  createToken: { path: '/tokens', body: { name: 'another', scope: 'viewer' } },
  getToken: { path: '/tokens/ID' },
  revokeToken: { path: '/tokens/ID' },
  listAudit: { path: '/audit' },
  listenToEvents: { path: '/events' },
};

/** An API with a tenant and a token, whose answers are held against its document. */
class Contract {
  readonly api: Api;
  readonly #t: Test;
  readonly #seen: Set<string>;
  id = '';
  etag = '';

  constructor(t: Test, seen: Set<string>, options: ConstructorParameters<typeof Api>[1] = {}) {
    this.#t = t;
    this.#seen = seen;
    this.api = new Api(t, options);
  }

  static async open(t: Test, seen: Set<string>): Promise<Contract> {
    const contract = new Contract(t, seen);
    const { api } = contract;
    contract.etag = await api.tenant('example.com');
    api.publications.set('example.com', {
      ...{ number: 1, id: 'x', stage: 'accepted', reached: { accepted: 1 } },
      waiting: { why: 'It has no certificate', since: 1, next: 2 },
    });
    await api.token('other', 'viewer');
    api.desk.claimed.push({
      ...{ domain: hostname('claimed.example'), owner: 'x', challenge: 'y', wanted: { policy } },
      ...{ at: 1, expiresAt: 2, wasAway: false },
    });
    const [token] = api.access.tokens.after('', 1);
    contract.id = token?.id ?? '';
    return contract;
  }

  /** Asks well, but for what is given. */
  async ask(one: Endpoint, changes: Asking & { readonly path?: string; readonly query?: string } = {}) {
    const { query = '', path, ...asking } = changes;
    const good = GOOD[one.id] ?? { path: '' };
    const url = `${(path ?? good.path).replace('ID', this.id)}${query}`;
    const needsMatch = one.problems?.includes('precondition-required') === true;
    const given = { ...(needsMatch && { 'if-match': this.etag }), ...good.headers, ...asking.headers };
    const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const answer = await this.api.ask(one.method, url, { body: good.body, ...asking, headers });
    this.#check(one, answer.statusCode, String(answer.headers['content-type'] ?? ''), answer.body);
    return answer;
  }

  #check(one: Endpoint, status: number, header: string, body: string): void {
    const t = this.#t;
    const about = `${one.id}: ${status}`;
    this.#seen.add(about);
    const operation = operations.find(({ operationId }) => operationId === one.id);
    t.ok(String(status) in (operation?.responses ?? {}), `${about} is in the document`, { body });
    const type = header.split(';')[0] ?? '';
    if (status === 304) t.equal(body, '');
    else if (status >= 400) {
      t.equal(type, PROBLEM_TYPE, about);
      t.same(problemFlaws(JSON.parse(body)), [], about);
    } else {
      const schema = one.answers[status]?.content?.[type]?.schema;
      t.ok(schema, `${about} is ${type}`);
      const values = type.endsWith('json') && type !== JSON_LINES['content-type'] ? [JSON.parse(body)] : [];
      if (type === JSON_LINES['content-type'])
        values.push(
          ...body
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
        );
      for (const value of values) t.same(shapeFlaws(schema ?? {})(value), [], about, { body });
    }
  }
}

type Recipe = (contract: Contract, one: Endpoint) => Promise<unknown>;

/** Brings one status about, of any endpoint that documents it. */
const RECIPES: Readonly<Record<number, Recipe>> = {
  200: async (contract, one) => {
    const isDry = 201 in one.answers || 202 in one.answers;
    const hasDry = Object.hasOwn(one.query?.properties ?? {}, 'dry_run');
    if (hasDry) await contract.ask(one, { query: '?dry_run=true' });
    if (!isDry) await contract.ask(one);
  },
  201: (contract, one) => contract.ask(one),
  202: (contract, one) => contract.ask(one),
  304: async (contract, one) => {
    const { headers } = await contract.ask(one);
    await contract.ask(one, { headers: { 'if-none-match': `"other", W/${headers.etag}` } });
  },
  400: (contract, one) => contract.ask(one, { query: '?nonsense=1' }),
  401: (contract, one) => contract.ask(one, { token: '' }),
  403: async (contract, one) => contract.ask(one, { token: await contract.api.token('low', 'viewer') }),
  404: (contract, one) => {
    // Any domain can be adopted, but what is none.
    const unknown = one.id === 'adoptTenant' ? 'not_a_name' : 'unknown.example';
    return contract.ask(one, { path: one.path.replaceAll(/\{\w+\}/g, unknown) });
  },
  406: (contract, one) => contract.ask(one, { headers: { accept: 'image/png, text/*;q=0' } }),
  409: async (contract, one) => {
    const { api } = contract;
    if (one.method !== 'POST') {
      await api.desk.byHand(hostname('example.com'), { ...policy, max_age: 1 });
      return contract.ask(one);
    }
    const full = () => {
      throw new Error('The disk is full');
    };
    Object.assign(api.access.answers, { finish: full });
    const asking = { headers: { 'idempotency-key': 'one' } };
    const first = await contract.ask(one, asking);
    return first.statusCode === 409 ? first : contract.ask(one, asking);
  },
  412: async (contract, one) => {
    await contract.api.ask('PUT', '/tenants/example.com/policy', {
      body: { ...policy, max_age: 1 },
      headers: { 'if-match': contract.etag },
    });
    return contract.ask(one);
  },
  413: (contract, one) => contract.ask(one, { body: 'x'.repeat((one.body?.most ?? 512 * 1024) + 1) }),
  415: (contract, one) => contract.ask(one, { headers: { 'content-type': 'text/xml' } }),
  422: async (contract, one) => {
    if (one.id !== 'bulkTenants' && one.body !== undefined)
      return contract.ask(one, { body: { nonsense: 1 } });
    const headers = { 'idempotency-key': 'two' };
    await contract.ask(one, { headers });
    return contract.ask(one, { headers: { ...headers, accept: '*/*' } });
  },
  428: (contract, one) => contract.ask(one, { headers: { 'if-match': undefined } }),
};

t.test('each answer that is documented occurs, and no other', async (t) => {
  const seen = new Set<string>();
  const wanted = operations.flatMap(({ operationId, responses }) =>
    Object.keys(responses).map((status) => `${operationId}: ${status}`),
  );
  for (const [status, recipe] of Object.entries(RECIPES)) {
    for (const one of ENDPOINTS) {
      if (!wanted.includes(`${one.id}: ${status}`) || isEndless(one, Number(status))) continue;
      await recipe(await Contract.open(t, seen), one);
      t.ok(seen.has(`${one.id}: ${status}`), `${one.id}: ${status} occurs`);
    }
  }
  const broken = new Contract(t, seen, { isBroken: true });
  for (const one of ENDPOINTS) await broken.ask(one, { headers: { 'idempotency-key': 'three' } });
  const slow = new Contract(t, seen, { perMinute: 1 });
  await slow.api.ask('GET', '/tenants');
  for (const one of ENDPOINTS) await slow.ask(one);
  t.same(
    wanted.filter((about) => !seen.has(about)),
    ['listenToEvents: 200'],
    'but for what never ends, which has a test of its own',
  );
});

function isEndless({ id }: Endpoint, status: number): boolean {
  return id === 'listenToEvents' && status === 200;
}

t.test('each endpoint is closed to whoever may not', async (t) => {
  const api = new Api(t);
  await api.tenant('example.com');
  const bound = await api.token('bound', 'operator', { domains: ['other.example'] });
  const scopes = { viewer: await api.token('v', 'viewer'), operator: await api.token('o', 'operator') };
  let stranger = 0;
  for (const one of ENDPOINTS) {
    const { path, body, headers } = GOOD[one.id] ?? { path: '' };
    const asking = { body, headers: { 'if-match': '*', ...headers } };
    stranger += 1;
    const address = `192.0.2.${stranger}`;
    const status = async (token: string) =>
      (await api.ask(one.method, path, { ...asking, token, address })).statusCode;
    t.equal(await status(''), 401, `${one.id} without a token`);
    t.equal(await status('postseal_wrong'), 401, `${one.id} with a wrong token`);
    for (const [scope, token] of Object.entries(scopes)) {
      const order = ['viewer', 'operator', 'admin'];
      const isEnough = order.indexOf(scope) >= order.indexOf(one.needs);
      if (!isEnough) t.equal(await status(token), 403, `${one.id} with scope ${scope}`);
    }
    if (one.path.includes('{domain}')) t.equal(await status(bound), 404, `${one.id} of another's tenant`);
    if (one.isForUnbound) t.equal(await status(bound), 403, `${one.id} with a bound token`);
  }
  t.equal(api.desk.revisions(hostname('example.com')).length, 1, 'and nothing was changed');
});
