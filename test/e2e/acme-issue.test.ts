import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { PROFILES } from '../peers/pebble.ts';
import { AcmeInternet } from './acme/acme-internet.ts';
import { modeOf, readKeyPair } from './acme/key-pair-file.ts';

// A tenant's first certificate, from Pebble at its nastiest: through real DNS, at the ports 80 and 443, into the hands
// of a client that trusts this CA alone.

t.setTimeout(120_000);

const HOSTILE = { strict: true, badNonces: 5, authorizationReuse: 50 } as const;
const EAB = { keyId: 'customer-1', key: 'dGhpcyBpcyBhIGtleSBmb3IgdGVzdHMgb25seSwgMzIgYg' } as const;

const internet = await AcmeInternet.start(t);
const { sender } = internet;

t.test('by HTTP-01, and in use at once', async (t) => {
  const pebble = await internet.pebble({ ...HOSTILE, validationSleep: 1 });
  const operator = await internet.operator(pebble);
  const root = await sender.trust(pebble);
  await operator.add('waits.test');
  await operator.event('certificate_look', 'waits.test');
  t.equal(await sender.policy('waits.test', root), undefined, 'nothing is in DNS yet');

  await operator.pointHere('first.test');
  await operator.add('first.test');
  t.match(await operator.event('certificate_issued', 'first.test'), { ca: 'ca.test', challenge: 'http-01' });
  t.match(
    await sender.policy('first.test', root),
    /^version: STSv1\r\n/,
    'the policy, by the new certificate',
  );

  const { certs } = operator.postseal.folders;
  const own = await operator.hostEvent('certificate_issued', operator.serviceName);
  t.match(own, { ca: 'ca.test' }, 'the service name gets one too');
  t.ok(await sender.certificate(operator.serviceName, root));
  t.equal(pebble.issued, 2);
  const file = join(certs, 'mta-sts.first.test.pem');
  const pair = readKeyPair('mta-sts.first.test', await readFile(file, 'utf8'));
  t.match(pair, { isWhole: true, names: 'DNS:mta-sts.first.test' });
  t.match(
    await sender.certificate('mta-sts.first.test', root),
    { serial: pair.serial },
    'what is kept is what is shown',
  );
  t.equal(await modeOf(file), 0o600);
  t.equal(await modeOf(certs), 0o700);
});

t.test('by TLS-ALPN-01 where nothing listens on port 80', async (t) => {
  const pebble = await internet.pebble(HOSTILE);
  const operator = await internet.operator(pebble, { env: { POSTSEAL_LISTEN_HTTP: 'off' } });
  const root = await sender.trust(pebble);
  await operator.pointHere('closed.test', 'again.test');
  await operator.add('closed.test', 'again.test');
  for (const domain of ['closed.test', 'again.test']) {
    t.match(await operator.event('certificate_issued', domain), { challenge: 'tls-alpn-01' });
    t.ok(await sender.policy(domain, root));
  }
  t.same(operator.events('certificate_failed'), [], 'what can not work was not tried');
});

t.test('from a CA that wants an account of its customer, of the profile that is set', async (t) => {
  const pebble = await internet.pebble({ ...HOSTILE, externalAccounts: { [EAB.keyId]: EAB.key } });
  const account = { POSTSEAL_ACME_EAB_KEY_ID: EAB.keyId, POSTSEAL_ACME_EAB_HMAC_KEY: EAB.key };
  const operator = await internet.operator(pebble, {
    env: { ...account, POSTSEAL_ACME_PROFILE: 'shortlived', POSTSEAL_ACME_EMAIL: 'hostmaster@postseal.test' },
  });
  await operator.pointHere('customer.test');
  await operator.add('customer.test');
  await operator.event('certificate_issued', 'customer.test');
  const file = join(operator.postseal.folders.certs, 'mta-sts.customer.test.pem');
  const { lifetime } = readKeyPair('mta-sts.customer.test', await readFile(file, 'utf8'));
  t.equal(lifetime, PROFILES.shortlived - 1);
  t.ok(await sender.policy('customer.test', await sender.trust(pebble)));
  t.notMatch(operator.postseal.program.lines.join('\n'), EAB.key, 'the key is in no log');
});

t.test('not from a CA whose own address is under another root', async (t) => {
  const [pebble, other] = [await internet.pebble(HOSTILE), await internet.pebble(HOSTILE)];
  const operator = await internet.operator(pebble, { env: { POSTSEAL_ACME_DIRECTORY: other.directory } });
  await operator.pointHere('strange.test');
  await operator.add('strange.test');
  await operator.hostEvent('ca_unreachable');
  t.same(operator.events('certificate_issued'), []);
  t.equal(other.orders, 0);
});
