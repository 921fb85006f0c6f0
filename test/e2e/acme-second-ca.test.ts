import t from 'tap';
import { startClock } from '../peers/clock.ts';
import { AcmeInternet } from './acme/acme-internet.ts';

// Two real CAs, the second for when the first takes no orders; and what changes in the configuration do to who waits.

t.setTimeout(150_000);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
// A second CA is turned to after an hour.
const PATIENCE = 90 * MINUTE;
// After this time a CA may be asked for renewal information again.
const ASK_AGAIN = 7 * HOUR;

const internet = await AcmeInternet.start(t);
const { dns } = internet;

t.test('two CAs', async (t) => {
  const first = await internet.pebble({
    caaIdentities: ['first.example'],
    blocked: ['mta-sts.unwanted.test'],
  });
  const second = await internet.pebble({ name: 'second.test', caaIdentities: ['second.example'] });
  const host = await internet.edge();
  const clock = await startClock(host);
  const env = {
    ...clock.env,
    POSTSEAL_ACME_FALLBACK_DIRECTORY: second.directory,
    POSTSEAL_ACME_FALLBACK_CA_FILE: await internet.caFile(host, second),
  };
  let ahead = 0;
  const pass = (milliseconds: number) => {
    ahead += milliseconds;
    return clock.setAhead(ahead);
  };

  await first.close();
  const operator = await internet.operator(first, { host, env });
  const issuedBy = async (domain: string, before = 0) =>
    (await operator.event('certificate_issued', domain, before)).ca;

  await t.test('the first is down from the start', async (t) => {
    await operator.pointHere('early.test');
    await operator.add('early.test');
    t.match(await operator.event('certificate_look', 'early.test'), { found: 'good' });
    const why = async () => (await operator.certificate('early.test'))?.why;
    t.match(
      await why(),
      /^unreachable: No connection to ca\.test:14000: .*ECONNREFUSED/,
      'the list tells why',
    );
    t.equal(second.orders, 0, 'for a while it is waited for');
    await pass(PATIENCE);
    t.equal(await issuedBy('early.test'), 'second.test');
    t.equal(await why(), '');
  });

  await t.test('it returns, and renewals go back to it', async (t) => {
    await first.restart();
    const root = await internet.sender.trust(second);
    const leaf = (await internet.sender.certificate('mta-sts.early.test', root))?.chain[0];
    const at = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
    const suggestedWindow = { start: at(-2 * HOUR), end: at(-HOUR) };
    await second.setRenewalInfo(String(leaf), JSON.stringify({ suggestedWindow }));
    await pass(ASK_AGAIN);
    t.equal(await issuedBy('early.test', 1), 'ca.test');
    t.equal(second.program.lines.filter((line) => /is a replacement of/.test(line)).length, 0);
  });

  await t.test('it goes down while we run', async (t) => {
    await first.close();
    await operator.pointHere('later.test');
    await operator.add('later.test');
    t.match(await operator.event('certificate_failed', 'later.test'), {
      ca: 'ca.test',
      outcome: 'unreachable',
    });
    t.same(operator.events('certificate_issued', 'mta-sts.later.test'), []);
    await pass(PATIENCE);
    t.equal(await issuedBy('later.test'), 'second.test');
    t.equal(operator.events('certificate_failed', 'mta-sts.later.test').length, 2, 'after one more try');
    await first.restart();
  });

  await t.test('CAA forbids the first: the second is turned to at once', async (t) => {
    await operator.renew('early.test');
    t.equal(await issuedBy('early.test', 2), 'ca.test', 'the first takes orders again');
    const orders = first.orders;
    await dns.put({ name: 'choosy.test', type: 'CAA', value: '0 issue "second.example"' });
    await operator.pointHere('choosy.test');
    await operator.add('choosy.test');
    t.equal(await issuedBy('choosy.test'), 'second.test');
    t.same(
      operator.events('certificate_failed', 'mta-sts.choosy.test'),
      [],
      'and no order was tried in vain',
    );
    t.equal(first.orders, orders);
  });

  await t.test('the first does not want the name: likewise', async (t) => {
    await operator.pointHere('unwanted.test');
    await operator.add('unwanted.test');
    t.match(await operator.event('certificate_failed', 'unwanted.test'), {
      ca: 'ca.test',
      outcome: 'rejected',
    });
    t.equal(await issuedBy('unwanted.test'), 'second.test');
  });
});

t.test('who waits heeds another type of challenge as soon as it is configured', async (t) => {
  const pebble = await internet.pebble();
  const env = { POSTSEAL_LISTEN_HTTP: 'off' };
  const operator = await internet.operator(pebble, { env: { ...env, POSTSEAL_ACME_CHALLENGES: 'http-01' } });
  await operator.pointHere('changed.test');
  await operator.add('changed.test');
  t.not((await operator.event('certificate_look', 'changed.test')).found, 'good');
  await operator.postseal.close();
  await operator.start({ env: { ...env, POSTSEAL_ACME_CHALLENGES: 'tls-alpn-01' } });
  // Sooner than the shortest pause after a look that was not good, a minute.
  t.match(await operator.event('certificate_issued', 'changed.test'), { challenge: 'tls-alpn-01' });
});
