import t from 'tap';
import { type WebhookOptions, webhookPublisher } from '../../src/announce/webhook.ts';
import { freePort } from '../peers/loopback.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { WebhookStandIn } from './stand-ins/webhook.ts';

t.setTimeout(60_000);
const standIn = await new WebhookStandIn().start(t);
const { url, secret } = standIn;
const at = (more: Partial<WebhookOptions> = {}) => webhookPublisher({ url, secret, now: Date.now, ...more });
const { signal } = new AbortController();
const name = 'tenant.test._mta-sts.z.sts.test';
const text = 'v=STSv1; id=20261129T120000Z01234567;';
const announcement = { domain: policyDomain('tenant.test'), name, text, ttl: 60 };
const done = { outcome: 'announced' };

t.test('a record set is told, again, and taken back', async (t) => {
  t.same(await at().announce(announcement, signal), done);
  t.same(standIn.records.get(name), { text, ttl: 60 });
  t.match(JSON.parse(standIn.asked[0]?.body ?? ''), {
    type: 'dns.txt.set',
    timestamp: /^\d{4}-\d\d-\d\dT/,
    data: { domain: 'tenant.test', name, type: 'TXT', text, ttl: 60 },
  });
  t.same(await at().announce(announcement, signal), done, 'to the same effect, under another id');
  t.not(standIn.asked[0]?.headers['webhook-id'], standIn.asked[1]?.headers['webhook-id']);
  t.same(await at().announce({ ...announcement, text: undefined }, signal), done);
  t.equal(standIn.records.get(name), undefined);
  t.match(JSON.parse(standIn.asked[2]?.body ?? ''), { type: 'dns.txt.remove', data: { name, type: 'TXT' } });
});

t.test('what somebody sends again is known to be old', async (t) => {
  const [first] = standIn.asked;
  t.match(first && standIn.answer(first), { status: 400, body: /seen before/ });
  t.match(first && standIn.answer({ ...first, body: first.body.replace('60', '61') }), { status: 401 });
  t.match(await at({ now: () => Date.now() - 3600_000 }).announce(announcement, signal), {
    outcome: 'refused',
    why: /too old/,
  });
});

t.test('a secret may be any text', async (t) => {
  const plain = at({ secret: 'a guess at it' });
  const outcome = await plain.announce(announcement, signal);
  t.match(outcome, { outcome: 'refused', why: /signature is wrong/, remedy: /dns\.webhook\.secret/ });
  t.notMatch(JSON.stringify(outcome), /a guess at it/);
});

t.test('what the other side may say', async (t) => {
  standIn.foreign.add(name);
  t.same(await at().announce(announcement, signal), {
    outcome: 'foreign',
    why: 'The webhook refuses (HTTP status 409): "a record of somebody else is there"',
    remedy: 'delete it',
  });
  standIn.foreign.clear();
  standIn.mishaps.add({ status: 429, headers: { 'retry-after': '7' } });
  t.match(await at().announce(announcement, signal), { outcome: 'rate-limited' });
  standIn.mishaps.add({ status: 503, body: secret });
  const fault = await at().announce(announcement, signal);
  t.match(fault, { outcome: 'unreachable' });
  standIn.mishaps.add({ status: 400, body: `you signed with ${secret}` });
  const echoed = await at().announce(announcement, signal);
  t.match(echoed, { outcome: 'refused', why: /you signed with \[redacted\]/, remedy: /docs\/dns\.md/ });
  t.same(await at().announce(announcement, signal), done);
});

t.test('nobody there, and given up', async (t) => {
  const nowhere = at({ url: `http://127.0.0.1:${await freePort()}/?key=hidden` });
  const outcome = await nowhere.announce(announcement, signal);
  t.match(outcome, { outcome: 'unreachable', why: /ECONNREFUSED/ });
  t.notMatch(JSON.stringify(outcome), /hidden/);
  const reason = new Error('enough');
  await t.rejects(at().announce(announcement, AbortSignal.abort(reason)), reason);
});
