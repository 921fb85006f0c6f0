import t from 'tap';
import { AcmeInternet } from './acme/acme-internet.ts';
import { refusedCases } from './acme/refused.ts';

// Who gets no order: tenants whose DNS shows that it must fail, until that is mended, and whoever is no tenant.

t.setTimeout(120_000);

const internet = await AcmeInternet.start(t);
const { sender, dns } = internet;
const pebble = await internet.pebble({ badNonces: 5 });
const operator = await internet.operator(pebble);
// The service name has a certificate of its own.
await operator.hostEvent('certificate_issued', operator.serviceName);
const root = await sender.trust(pebble);
const words = {
  SERVICE: operator.serviceName,
  HERE: operator.host.address,
  ELSEWHERE: sender.host.address,
  ELSEWHERE6: sender.host.ipv6[0] ?? '',
};
const cases = refusedCases({ words });

t.test('no order for a tenant whose DNS shows that it must fail', async (t) => {
  const before = pebble.orders;
  await dns.put(...cases.flatMap(({ records }) => records));
  await operator.add(...cases.map(({ domain }) => domain));
  for (const { domain, title, why, record } of cases) {
    const look = await operator.event('certificate_look', domain);
    t.match(look, { found: 'bad' }, title);
    t.match(JSON.stringify(look), why, `${title}: the log tells why`);
    t.match(JSON.stringify(look), quoted(record), `${title}: the log has the record to set`);
  }
  const listed = await operator.certificates();
  for (const { domain, title, why, record } of cases) {
    const state = JSON.stringify(listed.find(({ host }) => host === `mta-sts.${domain}`));
    t.match(state, why, `${title}: the list tells why`);
    t.match(state, quoted(record), `${title}: the list has the record to set`);
  }
  t.equal(pebble.orders, before);
});

t.test('an order once DNS is mended and the operator asks', async (t) => {
  const before = pebble.orders;
  for (const { gone } of cases) for (const { name, type } of gone) await dns.remove(name, type);
  await dns.put(...cases.flatMap(({ mended }) => mended));
  for (const { domain } of cases) await operator.renew(domain);
  for (const { domain, title } of cases) {
    await operator.event('certificate_issued', domain);
    t.ok(await sender.policy(domain, root), title);
  }
  t.equal(pebble.orders, before + cases.length);
});

t.test('no order for a name that is no tenant, however often it is asked for', async (t) => {
  const orders = pebble.orders;
  const strangers = Array.from({ length: 20 }, (_, index) => `stranger${index}.test`);
  await operator.pointHere(...strangers, 'known.test');
  t.same(await sender.served(strangers, root), []);
  await operator.add('known.test');
  await operator.event('certificate_issued', 'known.test');
  t.same(await sender.served([...strangers, 'known.test'], root), ['known.test']);
  t.equal(pebble.orders, orders + 1);
  t.same(
    (await operator.certificates()).filter(({ host }) => host.includes('stranger')),
    [],
  );
});

/** As it stands within a text of JSON. */
function quoted(record: string): string {
  return JSON.stringify(record).slice(1, -1);
}
