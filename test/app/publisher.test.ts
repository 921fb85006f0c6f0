import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import t, { type Test } from 'tap';
import type { Publisher } from '../../src/announce/publisher.ts';
import { readConfig } from '../../src/app/config/config.ts';
import { SECRET_VARIABLES } from '../../src/app/config/environment.ts';
import { configuredPublisher } from '../../src/app/publications/publisher.ts';
import { WebhookStandIn } from '../announce/stand-ins/webhook.ts';
import { goodValue } from '../cases.ts';
import { startBind } from '../peers/bind.ts';
import { freePort, startLoopback } from '../peers/loopback.ts';
import { startPowerDns } from '../peers/powerdns.ts';
import { TSIG_KEY } from '../peers/tsig-key.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { policyDomain } from '../tenant/revisions.ts';

// From the configuration to whoever announces.

t.setTimeout(120_000);
const ZONE = 'z.sts.test';
const { signal } = new AbortController();
const announcement = {
  domain: policyDomain('tenant.test'),
  name: `tenant.test._mta-sts.${ZONE}`,
  text: 'v=STSv1; id=20261129T120000Z01234567;',
  ttl: 60,
};
const nobody: Publisher = { announce: async () => ({ outcome: 'unreachable', why: 'nobody' }) };

function publisher(t: Test, by: string, keys: Readonly<Record<string, string>>, secretsInFiles = false) {
  const folder = temporaryFolder(t);
  const entries = Object.entries(keys).map(([key, value]) => {
    const name = `POSTSEAL_DNS_${by}_${key}`.toUpperCase();
    if (!secretsInFiles || !SECRET_VARIABLES.includes(name)) return [name, value];
    const file = join(folder, name);
    writeFileSync(file, `${value}\n`, { mode: 0o600 });
    return [`${name}_FILE`, file];
  });
  const { dns } = goodValue(readConfig({ POSTSEAL_DNS_ANNOUNCE: by, ...Object.fromEntries(entries) }));
  return configuredPublisher(dns.publisher, { own: nobody, manual: nobody, now: Date.now });
}

t.test('real servers, as the configuration names them', async (t) => {
  const { host, close } = await startLoopback();
  t.teardown(close);
  const [port, port2, apiPort] = [await freePort(), await freePort(), await freePort()];
  await startBind(host, { address: '127.0.0.1', port, zones: [ZONE], records: [] });
  const powerDns = await startPowerDns(host, { port: port2, apiPort, zones: [ZONE] });
  t.teardown(() => powerDns.close());
  const { url, apiKey } = powerDns;
  const update = { server: `127.0.0.1:${port}`, key_name: TSIG_KEY.name, key_secret: TSIG_KEY.secret };
  const known = { rfc2136: update, powerdns: { url, api_key: apiKey } };
  for (const [by, keys] of Object.entries(known)) {
    for (const inFiles of [false, true]) {
      const one = publisher(t, by, keys, inFiles);
      t.same(await one.announce(announcement, signal), { outcome: 'announced' }, by);
      t.same(await one.present?.(announcement.name, signal), {
        outcome: 'present',
        texts: [announcement.text],
      });
    }
  }
});

t.test('a webhook, as the configuration names it', async (t) => {
  const { url, secret, records } = await new WebhookStandIn().start(t);
  const one = publisher(t, 'webhook', { url, secret }, true);
  t.same(await one.announce(announcement, signal), { outcome: 'announced' });
  t.equal(records.size, 1);
});

t.test('our own server, and a person', async (t) => {
  const [own, manual] = [{ ...nobody }, { ...nobody }];
  const parts = { own, manual, now: Date.now };
  t.equal(configuredPublisher({ by: 'own' }, parts), own);
  t.equal(configuredPublisher({ by: 'manual' }, parts), manual);
});

t.test('no secret of the configuration is ever shown', async (t) => {
  const secrets = SECRET_VARIABLES.map((name, index) => {
    const value = Buffer.from(`the secret number ${index} of them all`).toString('base64');
    return [name, value] as const;
  });
  t.ok(secrets.length >= 7);
  const others = {
    ...{ ACME_EAB_KEY_ID: 'a', ACME_DIRECTORY: 'https://ca.test/', ACME_FALLBACK_EAB_KEY_ID: 'b' },
    ...{
      ACME_FALLBACK_DIRECTORY: 'https://ca2.test/',
      DNS_RFC2136_SERVER: '127.0.0.1:1',
      DNS_RFC2136_KEY_NAME: 'a',
    },
    ...{
      DNS_ROUTE53_ACCESS_KEY_ID: 'a',
      DNS_POWERDNS_URL: 'http://127.0.0.1',
      DNS_WEBHOOK_URL: 'http://127.0.0.1',
    },
  };
  const environment = Object.fromEntries([
    ...Object.entries(others).map(([name, value]) => [`POSTSEAL_${name}`, value]),
    ...secrets.filter(([name]) => !name.includes('ALERTS_WEBHOOK')),
    ['POSTSEAL_ALERTS_WEBHOOK', `https://alerts.test/${secrets[0]?.[1]}`],
  ]);
  for (const by of ['own', 'rfc2136', 'cloudflare', 'route53', 'powerdns', 'webhook', 'manual']) {
    const config = goodValue(readConfig({ ...environment, POSTSEAL_DNS_ANNOUNCE: by }));
    const shown = `${JSON.stringify(config)}${inspect(config, { depth: 10 })}`;
    for (const [name, secret] of secrets) t.notOk(shown.includes(secret), `${by}: ${name}`);
    if (by !== 'own' && by !== 'manual') t.match(JSON.stringify(config.dns.publisher), '[redacted]');
    const one = configuredPublisher(config.dns.publisher, { own: nobody, manual: nobody, now: Date.now });
    for (const [name, secret] of secrets) {
      t.notOk(inspect(one, { depth: 10, showHidden: true }).includes(secret), `${by}: ${name}`);
    }
  }
});
