import t from 'tap';
import { type CloudflareOptions, cloudflarePublisher } from '../../src/announce/cloudflare.ts';
import { freePort } from '../peers/loopback.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { keepsTheContract } from './contract.ts';
import { CloudflareStandIn } from './stand-ins/cloudflare.ts';

t.setTimeout(120_000);
const ZONE = 'z.sts.test';
const standIn = await new CloudflareStandIn(['sts.test', ZONE]).start(t);
const { url, token } = standIn;
const now = () => Date.UTC(2026, 10, 29, 12);
const at = (more: Partial<CloudflareOptions> = {}) =>
  cloudflarePublisher({ url, apiToken: token, now, ...more });

keepsTheContract('Cloudflare', {
  zone: ZONE,
  publisher: at(),
  withWrongSecret: at({ apiToken: 'a-guess-at-it' }),
  toNobody: at({ url: `http://127.0.0.1:${await freePort()}` }),
  secrets: [token, 'a-guess-at-it'],
  held: async (name) => standIn.texts(name),
  put: async (record) => standIn.put(record),
  remove: async (name) => standIn.remove(name),
  version: async () => standIn.version,
});

const { signal } = new AbortController();
const announcement = {
  domain: policyDomain('tenant.test'),
  name: `x.${ZONE}`,
  text: 'v=STSv1; id=20261129T120000Z01234567;',
  ttl: 60,
};

t.test('times to live are those that Cloudflare takes', async (t) => {
  for (const [ttl, taken] of [
    [1, 60],
    [60, 60],
    [86_400, 86_400],
    [604_800, 86_400],
  ] as const) {
    t.same(await at().announce({ ...announcement, ttl }, signal), { outcome: 'announced' });
    t.same(standIn.texts(announcement.name), [{ text: announcement.text, ttl: taken }]);
    const { version } = standIn;
    await at().announce({ ...announcement, ttl }, signal);
    t.equal(standIn.version, version, 'and are not set again and again');
  }
});

t.test('the zone is the longest, an active one, and is looked for once', async (t) => {
  const publisher = at();
  standIn.asked.length = 0;
  await publisher.announce(announcement, signal);
  const looks = standIn.asked
    .filter(({ path }) => path.endsWith('/zones'))
    .map(({ query }) => query.get('name'));
  t.same(looks, [announcement.name, ZONE]);
  t.match(standIn.asked.at(-1)?.path, /\/zones\/0{31}1\//);
  standIn.asked.length = 0;
  await publisher.announce(announcement, signal);
  t.notOk(standIn.asked.some(({ query }) => query.get('name') === ZONE));
  standIn.asked.length = 0;
  await at({ zoneId: '1'.padStart(32, '0') }).announce(announcement, signal);
  t.notOk(
    standIn.asked.some(({ path }) => path.endsWith('/zones')),
    'where it is set, it is not looked for',
  );
  t.match(await at({ zoneId: 'nonsense' }).announce(announcement, signal), {
    outcome: 'refused',
    why: /7003/,
    remedy: /zone_id/,
  });
});

t.test('limits and faults', async (t) => {
  const error = {
    success: false,
    errors: [{ code: 971, message: 'Please wait' }],
    messages: [],
    result: null,
  };
  const body = JSON.stringify(error);
  standIn.mishaps.add({ status: 429, headers: { 'retry-after': '90' }, body });
  t.match(await at().announce(announcement, signal), {
    outcome: 'rate-limited',
    until: now() + 90_000,
    why: /Please wait/,
  });
  standIn.mishaps.add({ status: 429, body });
  t.match(await at().announce(announcement, signal), { outcome: 'rate-limited', until: now() + 60_000 });
  standIn.mishaps.add({ status: 502, body: '<html>' });
  t.match(await at().announce(announcement, signal), { outcome: 'unreachable', why: /502/ });
  standIn.mishaps.add({ status: 200, body: '{"result":[{"id":1}]}' });
  t.match(await at().announce(announcement, signal), { outcome: 'unreachable', why: /documentation/ });
  standIn.mishaps.add({ status: 302, headers: { location: 'http://127.0.0.1:1/' } });
  t.match(await at().announce(announcement, signal), { outcome: 'refused', why: /302/ }, 'not followed');
  standIn.mishaps.add({ status: 403, body: `you sent ${token}` });
  const echoed = await at().announce(announcement, signal);
  t.match(echoed, { outcome: 'refused', why: /you sent \[redacted\]/ });
  t.same(await at().announce(announcement, signal), { outcome: 'announced' });
});

t.test('no answer in time', async (t) => {
  const mute = cloudflarePublisher({ url, apiToken: token, now, time: 1 });
  t.match(await mute.announce(announcement, signal), {
    outcome: 'unreachable',
    why: /No answer|No connection/,
  });
});
