/** What the document of the API shows: one tenant, as it would be told. */
const text =
  'version: STSv1\r\nmode: testing\r\nmx: mail.example.com\r\nmx: *.mx.example.net\r\nmax_age: 604800\r\n';

export const policyExample = {
  mode: 'testing',
  max_age: 604800,
  mx: ['mail.example.com', '*.mx.example.net'],
};

export const revisionExample = {
  number: 1,
  id: '20261122T190650Z5f3a9c1e',
  policy: policyExample,
  text,
  at: '2026-11-22T19:06:50.000Z',
  actor: 'token:console',
  address: '192.0.2.7',
  cause: 'tenant created',
};

const common = { domain: 'example.com', labels: { customer: '42' }, stage: 'serving', flaws: [] };

export const summaryExample = {
  ...common,
  mode: 'testing',
  max_age: 604800,
  revision: 1,
  id: revisionExample.id,
  at: revisionExample.at,
};

export const newTenantExample = { domain: 'example.com', policy: policyExample, labels: { customer: '42' } };
export const writtenTenantExample = { policy: policyExample, labels: { customer: '42' } };

export const tenantExample = {
  ...common,
  policy: policyExample,
  revision: revisionExample,
  document: {
    file: 'example.com.yaml',
    text: 'domain: example.com\npolicy:\n  mode: testing\n  max_age: 604800\n  mx: [mail.example.com, "*.mx.example.net"]\nlabels: { customer: "42" }\n',
    etag: '5f3a9c1e0b7d42aa',
  },
};

const effectExample = {
  before: null,
  after: text,
  diff: text.replaceAll(/^(?=.)/gm, '+'),
  warnings: [],
  senders: ['From now on senders read this policy under the id 20261122T190650Z5f3a9c1e'],
  exposed_until: null,
  id: revisionExample.id,
};

export const changeExample = {
  dry_run: false,
  tenant: tenantExample,
  revision: revisionExample,
  effect: effectExample,
};
export const dryRunExample = { dry_run: true, tenant: null, revision: null, effect: effectExample };

export const tokenExample = {
  id: '3f1c9a0b7d42e655',
  name: 'customer-42',
  scope: 'operator',
  only: { domains: [], labels: { customer: '42' } },
  created_at: '2026-11-22T19:06:50.000Z',
  created_by: 'token:first',
  expires_at: '2027-11-22T00:00:00.000Z',
  last_used_at: null,
  revoked_at: null,
};

export const auditExample = {
  number: 17,
  at: '2026-11-22T19:06:50.000Z',
  actor: 'token:console',
  address: '192.0.2.7',
  action: 'tenant.create',
  domain: 'example.com',
  before: null,
  after: text,
  cause: revisionExample.id,
  hash: '9b74c9897bac770ffc029102a200c5de9b74c9897bac770ffc029102a200c5de',
};

export const certificateExample = {
  host: 'mta-sts.example.com',
  state: 'valid',
  issuer: 'acme-v02.api.letsencrypt.org',
  not_after: '2027-01-06T19:06:50.000Z',
  renew_at: '2026-12-22T11:00:00.000Z',
  why: '',
  remedy: '',
};

export const publicationExample = {
  number: 1,
  id: revisionExample.id,
  stage: 'serving',
  reached: {
    accepted: '2026-11-22T19:06:50.000Z',
    certified: '2026-11-22T19:07:12.000Z',
    serving: '2026-11-22T19:07:12.000Z',
  },
  waiting: {
    why: 'The TXT record _mta-sts.example.com has another id',
    remedy: 'Set it to v=STSv1; id=20261122T190650Z5f3a9c1e;',
    since: '2026-11-22T19:07:12.000Z',
    next: '2026-11-22T19:12:12.000Z',
  },
};

export const recordsExample = {
  items: [
    { name: 'mta-sts.example.com', type: 'CNAME', value: 'sts.example.net' },
    { name: '_mta-sts.example.com', type: 'TXT', value: 'v=STSv1; id=20261122T190650Z5f3a9c1e;' },
  ],
};

export const planExample = {
  verdict: 'refused',
  refusals: [{ host: 'mx2.example.net', number: 3, until: '2026-11-29T19:06:50.000Z', is_served: true }],
  reports: [],
  steps: [
    {
      do: 'policy',
      mx: ['mail.example.com', 'mx2.example.net'],
      at: '2026-11-22T19:06:50.000Z',
      why: 'Senders are to allow the new hosts before mail goes to them',
    },
    {
      do: 'mx',
      hosts: ['mx2.example.net'],
      at: '2026-11-22T19:11:50.000Z',
      why: 'By then no sender holds the record with the earlier id',
    },
  ],
};

export const claimExample = {
  domain: 'example.com',
  record: { name: '_postseal-challenge.example.com', type: 'TXT', value: 'c2hvdyB0aGF0IGl0IGlz' },
  wanted: writtenTenantExample,
  at: '2026-11-22T19:06:50.000Z',
  expires_at: '2026-11-29T19:06:50.000Z',
};
