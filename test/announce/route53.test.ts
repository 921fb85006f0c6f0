import t from 'tap';
import { type Route53Options, route53Publisher } from '../../src/announce/route53.ts';
import { freePort } from '../peers/loopback.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { keepsTheContract } from './contract.ts';
import { Route53StandIn } from './stand-ins/route53.ts';

t.setTimeout(120_000);
const ZONE = 'z.sts.test';
const standIn = await new Route53StandIn(['sts.test', ZONE], Date.now).start(t);
const { url, accessKeyId, secretAccessKey } = standIn;
const at = (more: Partial<Route53Options> = {}) =>
  route53Publisher({
    ...{ url, accessKeyId, secretAccessKey, region: 'us-east-1', now: Date.now },
    spreading: { longest: 60_000, pause: 5 },
    ...more,
  });

keepsTheContract('Route 53', {
  zone: ZONE,
  publisher: at(),
  withWrongSecret: at({ secretAccessKey: 'a-guess-at-it' }),
  toNobody: at({ url: `http://127.0.0.1:${await freePort()}` }),
  secrets: [secretAccessKey, 'a-guess-at-it'],
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
const done = { outcome: 'announced' };

t.test('a change is waited for until all servers have it, and not for ever', async (t) => {
  standIn.pendingLooks = 3;
  standIn.asked.length = 0;
  t.same(await at().announce(announcement, signal), done);
  const looks = standIn.asked.filter(({ path }) => path.includes('/change/'));
  t.equal(looks.length, 3, 'pending in the first answer and in two looks, then everywhere');
  standIn.pendingLooks = Number.POSITIVE_INFINITY;
  const impatient = at({ spreading: { longest: 0, pause: 5 } });
  const other = { ...announcement, text: 'v=STSv1; id=20261129T120001Z01234567;' };
  t.match(await impatient.announce(other, signal), { outcome: 'unreachable', why: /not yet/ });
  t.same(await impatient.announce(other, signal), done, 'what is there is there');
  const stop = new AbortController();
  const waiting = at().announce({ ...announcement, ttl: 61 }, stop.signal);
  stop.abort(new Error('enough'));
  await t.rejects(waiting, /enough/);
  standIn.pendingLooks = 0;
});

t.test('the zone is the longest public one, and is looked for once', async (t) => {
  const publisher = at();
  standIn.asked.length = 0;
  await publisher.announce({ ...announcement, ttl: 120 }, signal);
  t.ok(standIn.asked.filter(({ path }) => path.includes('hostedzonesbyname')).length >= 2);
  t.match(standIn.asked.at(-2)?.path, /hostedzone\/Z11\/rrset/);
  standIn.asked.length = 0;
  await publisher.announce({ ...announcement, ttl: 60 }, signal);
  const zonesSeen = standIn.asked.filter(({ query }) => query.get('dnsname') === ZONE);
  t.equal(zonesSeen.length, 0);
  t.same(await at({ hostedZoneId: '/hostedzone/Z11' }).announce(announcement, signal), done);
  t.match(await at({ hostedZoneId: 'Z99' }).announce(announcement, signal), {
    outcome: 'refused',
    why: /NoSuchHostedZone/,
    remedy: /hosted_zone_id/,
  });
  t.match(await at({ hostedZoneId: 'Z11' }).announce({ ...announcement, name: 'x.sts.test' }, signal), {
    outcome: 'refused',
    why: /InvalidChangeBatch/,
  });
});

t.test('several pages, and records with a routing policy', async (t) => {
  const name = `many.${ZONE}`;
  for (const type of ['A', 'AAAA', 'CAA', 'MX']) standIn.put({ name, type, value: '192.0.2.1' });
  t.same(await at().announce({ ...announcement, name }, signal), done);
  t.same(standIn.texts(name), [{ text: announcement.text, ttl: 60 }]);
  t.same(await at().announce({ ...announcement, name, text: undefined }, signal), done);
  t.same(standIn.texts(name), []);
  standIn.put({ name, type: 'TXT', value: announcement.text, identifier: 'one' });
  t.match(await at().announce({ ...announcement, name }, signal), {
    outcome: 'foreign',
    why: /routing policy/,
  });
});

t.test('limits, clocks and rights', async (t) => {
  const error = (code: string, message: string) =>
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  const mishap = async (status: number, code: string, message = 'words &amp; words') => {
    standIn.mishaps.add({ status, body: error(code, message) });
    return at().announce(announcement, signal);
  };
  for (const code of ['Throttling', 'PriorRequestNotComplete']) {
    const limited = await mishap(400, code);
    t.match(limited, { outcome: 'rate-limited', why: /words & words/ });
    if (limited.outcome === 'rate-limited')
      t.ok(limited.until > Date.now() && limited.until < Date.now() + 60_000);
  }
  t.match(await mishap(403, 'AccessDenied'), { outcome: 'refused', remedy: /ListResourceRecordSets/ });
  t.match(await mishap(503, 'ServiceUnavailable'), { outcome: 'unreachable' });
  const late = at({ now: () => Date.now() + 3600_000 });
  t.match(await late.announce(announcement, signal), {
    outcome: 'refused',
    why: /RequestExpired/,
    remedy: /NTP/,
  });
  const stranger = at({ accessKeyId: 'AKIDSTRANGER' });
  t.match(await stranger.announce(announcement, signal), { outcome: 'refused', why: /InvalidClientTokenId/ });
});
