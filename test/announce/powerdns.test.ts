import t from 'tap';
import { type PowerDnsOptions, powerDnsPublisher } from '../../src/announce/powerdns.ts';
import { rfc2136Publisher } from '../../src/announce/rfc2136.ts';
import { tsigKey } from '../../src/dns/tsig.ts';
import { freePort, startLoopback } from '../peers/loopback.ts';
import { startPowerDns } from '../peers/powerdns.ts';
import { TSIG_KEY } from '../peers/tsig-key.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { keepsTheContract } from './contract.ts';
import { lookAt } from './kdig.ts';

// The real server from Debian, by its HTTP API and by dynamic update.

t.setTimeout(120_000);
const loopback = await startLoopback();
t.teardown(() => loopback.close());
const { host } = loopback;
const [port, apiPort, nobody] = [await freePort(), await freePort(), await freePort()];
const API_ZONE = 'z.sts.test';
const UPDATE_ZONE = 'u.sts.test';
const powerDns = await startPowerDns(host, { port, apiPort, zones: ['test', API_ZONE, UPDATE_ZONE] });
t.teardown(() => powerDns.close());
const { url, apiKey } = powerDns;
const look = lookAt(host, port);
const hand = {
  held: look.held,
  put: async (record: Parameters<typeof powerDns.put>[0]) => powerDns.put(record),
  remove: async (name: string) => powerDns.remove(name, 'TXT'),
};

const byApi = (more: Partial<PowerDnsOptions> = {}) =>
  powerDnsPublisher({ url, apiKey, serverId: 'localhost', now: Date.now, ...more });
keepsTheContract('HTTP API', {
  ...hand,
  zone: API_ZONE,
  publisher: byApi(),
  withWrongSecret: byApi({ apiKey: 'a-guess-at-it' }),
  toNobody: byApi({ url: `http://127.0.0.1:${nobody}/` }),
  secrets: [apiKey, 'a-guess-at-it'],
  version: () => look.version(API_ZONE),
});

const secret = Buffer.from(TSIG_KEY.secret, 'base64');
const byUpdate = (guess?: string, to = port) =>
  rfc2136Publisher({
    server: { host: '127.0.0.1', port: to },
    key: tsigKey(TSIG_KEY.name, TSIG_KEY.algorithm, guess === undefined ? secret : Buffer.from(guess)),
    now: Date.now,
  });
keepsTheContract('RFC 2136', {
  ...hand,
  zone: UPDATE_ZONE,
  publisher: byUpdate(),
  withWrongSecret: byUpdate('a guess at it'),
  toNobody: byUpdate(undefined, nobody),
  secrets: [TSIG_KEY.secret, secret.toString(), 'a guess at it'],
  version: () => look.version(UPDATE_ZONE),
});

t.test('what only this API can tell', async (t) => {
  const { signal } = new AbortController();
  const announcement = {
    domain: policyDomain('tenant.test'),
    name: `x.${API_ZONE}`,
    text: 'v=STSv1; id=20261129T120000Z01234567;',
    ttl: 60,
  };
  const attempt = (more: Partial<PowerDnsOptions>) => byApi(more).announce(announcement, signal);
  t.match(await attempt({ serverId: 'other' }), { outcome: 'refused', remedy: /server_id/ });
  t.match(await attempt({ zone: 'nowhere.test' }), {
    outcome: 'refused',
    why: /nowhere\.test/,
    remedy: /zone/,
  });
  t.match(await attempt({ url: `${url}/elsewhere` }), { outcome: 'refused', remedy: /dns\.powerdns\.url/ });
  t.match(await attempt({ zone: 'u.sts.test' }), { outcome: 'refused', why: /422/ }, 'in another zone');
  powerDns.put({ name: announcement.name, type: 'TXT', value: announcement.text, isDisabled: true });
  t.same(await attempt({}), { outcome: 'announced' }, 'what is disabled is as good as none');
  t.same(await look.held(announcement.name), [{ text: announcement.text, ttl: 60 }]);
});
