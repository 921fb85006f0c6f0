import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { get } from '../peers/curl.ts';
import type { DnsRecord } from '../peers/dns-record.ts';
import { eventually } from '../peers/eventually.ts';
import { startInternet } from '../peers/internet.ts';
import { startMtaStsResolver } from '../peers/mta-sts-resolver.ts';
import { startMx } from '../peers/postfix-mx.ts';
import { startSender } from '../peers/postfix-sender.ts';
import { startPostseal } from '../peers/postseal.ts';
import { createTestCa } from '../peers/test-ca.ts';
import { certificateFor, DELIVERIES, TENANTS, tenantDocument } from './sender/cases.ts';

// Debian's postfix-mta-sts-resolver and Postfix, as senders that nobody here wrote, against the running server:
// through a DNS hierarchy, the records that Postseal asks for, real certificates and real mail.

const SERVICE_NAME = 'sts.postseal.test';
const FIRST_MX_NUMBER = 100;

const changing = {
  domain: 'changing.test',
  policy: { mode: 'enforce', max_age: 604800, mx: ['old.changing.test'] },
  answer: 'OK secure match=old.changing.test servername=hostname',
  nextPolicy: { mode: 'enforce', max_age: 604800, mx: ['new.changing.test'] },
  nextAnswer: 'OK secure match=new.changing.test servername=hostname',
} as const;

// A limit for a machine that does much else; alone it takes some 10 seconds.
t.setTimeout(180_000);

const tenants = [...TENANTS, ...DELIVERIES, changing];
const domains = tenants.map(({ domain }) => domain);

const internet = await startInternet({ zones: [SERVICE_NAME, ...domains] });
t.teardown(() => internet.close());
const edge = await internet.host('edge', 20);
await internet.dns.put({ name: SERVICE_NAME, type: 'A', value: edge.address });
const postseal = await startPostseal(edge, {
  serviceName: SERVICE_NAME,
  tenants: new Map(tenants.map(({ domain, policy }) => [domain, tenantDocument(domain, policy)])),
});
// As the operator would: the records that Postseal asks for go into DNS as they are.
const published = await postseal.publish(internet.dns);
const sendingHost = await internet.host('sender', 40);
const resolver = await startMtaStsResolver(sendingHost, postseal.localRoot);

t.test('a resolver reads every tenant as it was written', async (t) => {
  for (const { domain, policy, answer } of TENANTS) {
    t.equal(sorted(await resolver.query(domain)), answer, `${domain}: what Postfix is told`);
    t.strictSame(
      resolver.cached(domain),
      { id: policyId(published, domain), policy: { version: 'STSv1', ...policy } },
      `${domain}: id and policy as the resolver keeps them`,
    );
  }
});

t.test('a domain that is no tenant has no policy', async (t) => {
  t.equal(await resolver.query('nobody.test'), 'NOTFOUND ');
});

t.test('a resolver that does not know the local CA takes no policy from it', async (t) => {
  const stranger = await internet.host('stranger', 41);
  const roots = join(await stranger.folder('roots'), 'roots.pem');
  await writeFile(roots, (await createTestCa('Unknown CA')).root);
  const unknowing = await startMtaStsResolver(stranger, roots);
  t.equal(await unknowing.query(changing.domain), 'NOTFOUND ');
});

t.test('mail goes where the policy allows it, and nowhere else', async (t) => {
  const [known, unknown] = await Promise.all([createTestCa(), createTestCa('Unknown CA')]);
  const mxHost = await internet.host('mx', ...DELIVERIES.map((_, index) => FIRST_MX_NUMBER + index));
  const addresses = new Map();
  for (const [index, { domain, mx }] of DELIVERIES.entries()) {
    const address = mxHost.ipv4[index] ?? '';
    addresses.set(address, await certificateFor(mx, mx.issuer === 'unknown' ? unknown : known));
    await internet.dns.put(
      { name: domain, type: 'MX', value: `10 ${mx.host}.` },
      { name: mx.host, type: 'A', value: address },
    );
  }
  const [sender] = await Promise.all([
    startSender(sendingHost, { policyMap: resolver.policyMap, trustedRoots: known.root }),
    startMx(mxHost, { domains: DELIVERIES.map(({ domain }) => domain), addresses }),
  ]);
  for (const { title, domain, delivery } of DELIVERIES) {
    const { reason, ...outcome } = await sender.deliver(`somebody@${domain}`);
    t.strictSame(outcome, { tls: undefined, ...delivery }, `${title}: ${reason}`);
  }
});

t.test('a resolver follows a changed policy once its new id is in DNS, not before', async (t) => {
  const { domain } = changing;
  t.equal(await resolver.query(domain), changing.answer, 'the policy before the change');

  await postseal.writeTenant(domain, tenantDocument(domain, changing.nextPolicy));
  const body = await eventually('the new policy to be served', async () => {
    const answer = await get(
      sendingHost,
      `https://mta-sts.${domain}/.well-known/mta-sts.txt`,
      postseal.localRoot,
    );
    return answer?.body.includes('new.changing.test') && answer.body;
  });
  t.equal(body, 'version: STSv1\r\nmode: enforce\r\nmx: new.changing.test\r\nmax_age: 604800\r\n');
  const records = await eventually('the new id to be asked for', async () => {
    const found = await postseal.records(domain);
    return policyId(found, domain) !== policyId(published, domain) && found;
  });
  t.equal(await resolver.query(domain), changing.answer, 'the old id in DNS keeps the old policy');

  await internet.dns.put(...records);
  t.equal(await resolver.query(domain), changing.nextAnswer, 'the new id brings the new policy');
});

/** The id in a tenant's `_mta-sts` record. */
function policyId(records: readonly DnsRecord[], domain: string): string {
  const txt = records.find(({ name, type }) => type === 'TXT' && name === `_mta-sts.${domain}`);
  const id = txt?.value.match(/^v=STSv1; id=([0-9A-Za-z]{1,32});$/)?.[1];
  if (id === undefined) throw new Error(`no id for ${domain} in ${JSON.stringify(txt)}`);
  return id;
}

/** The resolver gives the names after `match=` in an order that changes from run to run. */
function sorted(answer: string): string {
  return answer.replace(/(?<=match=)\S+/, (names) => names.split(':').toSorted().join(':'));
}
