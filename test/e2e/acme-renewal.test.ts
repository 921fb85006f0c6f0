import t from 'tap';
import { startClock } from '../peers/clock.ts';
import { AcmeInternet } from './acme/acme-internet.ts';

// What becomes of a certificate later: its CA wants it renewed, the CA is away, the tenant leaves.

t.setTimeout(120_000);

const HOUR = 3600_000;
// After this time the CA may be asked for renewal information again.
const ASK_AGAIN = 7 * HOUR;

const internet = await AcmeInternet.start(t);
const { sender } = internet;

t.test('a certificate that its CA wants replaced, while a connection is open', async (t) => {
  const pebble = await internet.pebble({ badNonces: 5 });
  const host = await internet.edge();
  const clock = await startClock(host);
  const operator = await internet.operator(pebble, { host, env: clock.env });
  const root = await sender.trust(pebble);
  const domains = ['renewed.test', 'kept.test', 'left.test'];
  await operator.pointHere(...domains);
  await operator.add(...domains);
  for (const domain of domains) await operator.event('certificate_issued', domain);
  await operator.hostEvent('certificate_issued', operator.serviceName);
  const shown = async (domain: string) => (await sender.certificate(`mta-sts.${domain}`, root))?.serial;
  const [before, kept] = [await shown('renewed.test'), await shown('kept.test')];

  const fetches = sender.keepFetching('renewed.test', root);
  await fetches.program.until('a few answers', () => fetches.answers().length > 2);
  await wantRenewed('renewed.test');
  await wantRenewed('left.test');
  await operator.leave('left.test');
  const orders = pebble.orders;
  await clock.setAhead(ASK_AGAIN);
  await operator.event('certificate_issued', 'renewed.test', 1);
  const after = await shown('renewed.test');
  t.not(after, before, 'a new certificate is in use');
  t.match(
    pebble.program.lines.filter((line) => /is a replacement of/.test(line)).length,
    1,
    'and was ordered as a replacement',
  );
  t.equal(await shown('kept.test'), kept, 'others stay as they are');
  const answered = fetches.answers().length;
  await fetches.program.until('answers after the renewal', () => fetches.answers().length > answered + 2);
  t.same(new Set(fetches.answers().map(({ status }) => status)), new Set([200]));
  t.same(new Set(fetches.answers().map(({ connection }) => connection)), new Set([1]), 'over one connection');
  t.same(new Set(fetches.answers().map(({ serial }) => serial)), new Set([before]));
  t.equal(pebble.orders, orders + 1, 'none for who left');

  async function wantRenewed(domain: string): Promise<void> {
    const leaf = (await sender.certificate(`mta-sts.${domain}`, root))?.chain[0];
    const at = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
    const suggestedWindow = { start: at(-2 * HOUR), end: at(-HOUR) };
    await pebble.setRenewalInfo(String(leaf), JSON.stringify({ suggestedWindow }));
  }
});

t.test('a CA that is away for a while', async (t) => {
  const pebble = await internet.pebble();
  const operator = await internet.operator(pebble);
  const domains = ['served.test', 'patient.test'];
  await operator.pointHere(...domains);
  await operator.add('served.test');
  await operator.event('certificate_issued', 'served.test');
  const root = await sender.trust(pebble);

  await pebble.close();
  await operator.add('patient.test');
  t.match(await operator.event('certificate_failed', 'patient.test'), { outcome: 'unreachable' });
  t.match((await operator.certificate('patient.test'))?.why, /ca\.test/);
  await operator.renew('served.test');
  t.ok(await sender.policy('served.test', root), 'who has a certificate is served as before');
  t.equal(await sender.policy('patient.test', root), undefined);

  await pebble.restart();
  await operator.renew('patient.test');
  await operator.event('certificate_issued', 'patient.test');
  t.ok(await sender.policy('patient.test', await sender.trust(pebble)), 'issued once it is back');
});
