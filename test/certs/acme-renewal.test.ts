import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { createAccountKey } from '../../src/acme/account-key.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { HOST, issuedPem, noAbort, startAcmeSite } from './acme-site.ts';

// RFC 9773 against Pebble, half of whose orders find the name proven already.

const site = await startAcmeSite(t, { authorizationReuse: 50, badNonces: 5 });
const { pebble } = site;
const order = { host: HOST, challenges: ['http-01'] } as const;

const HOUR = 3600_000;

t.test('the window lies within the lifetime, and the CA says when to ask again', async (t) => {
  const issuer = site.issuer();
  const pem = issuedPem(await issuer.order(order, noAbort()));
  const leaf = new X509Certificate(firstCertificate(pem));
  const before = Date.now();
  const info = await issuer.renewalInfo(pem, noAbort());
  t.ok(info);
  if (info === undefined) return;
  t.ok(leaf.validFromDate.getTime() < info.start);
  t.ok(info.start < info.end);
  t.ok(info.end < leaf.validToDate.getTime());
  t.ok(
    before + 6 * HOUR <= info.askAgain && info.askAgain <= Date.now() + 6 * HOUR,
    'in the six hours it gives',
  );
});

t.test('a CA that wants a certificate renewed at once is heard', async (t) => {
  const issuer = site.issuer();
  const pem = issuedPem(await issuer.order(order, noAbort()));
  const suggestedWindow = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00+01:00' };
  const explanationURL = 'https://ca.test/incident/1';
  await pebble.setRenewalInfo(firstCertificate(pem), JSON.stringify({ suggestedWindow, explanationURL }));
  t.match(await issuer.renewalInfo(pem, noAbort()), {
    start: Date.parse('2026-01-01T00:00:00Z'),
    end: Date.parse('2026-01-01T23:00:00Z'),
    explanation: explanationURL,
  });
});

t.test('nonsense in place of renewal information is none', async (t) => {
  const issuer = site.issuer();
  const pem = issuedPem(await issuer.order(order, noAbort()));
  for (const answer of ['nonsense', '{}', '[]', '{"suggestedWindow":{"start":"1","end":"2"}}']) {
    await pebble.setRenewalInfo(firstCertificate(pem), answer);
    t.equal(await issuer.renewalInfo(pem, noAbort()), undefined, answer);
  }
  t.equal(
    await issuer.renewalInfo(await pebble.root(), noAbort()),
    undefined,
    'a certificate that it has not issued',
  );
  t.equal(await issuer.renewalInfo('nonsense', noAbort()), undefined, 'no certificate');
});

t.test('a renewal tells the CA what it replaces', async (t) => {
  const accountKey = createAccountKey();
  const old = issuedPem(await site.issuer({ accountKey }).order(order, noAbort()));
  const replacements = () => pebble.program.lines.filter((line) => /is a replacement of/.test(line)).length;
  t.match(await site.issuer({ accountKey }).order({ ...order, replaces: old }, noAbort()), {
    outcome: 'issued',
  });
  await pebble.program.until('the replacement in its log', () => replacements() === 1);
  t.match(
    await site.issuer({ accountKey }).order({ ...order, replaces: old }, noAbort()),
    { outcome: 'issued' },
    'one that was replaced already hinders nothing',
  );
  t.equal(replacements(), 1);
  const other = 'mta-sts.other.test' as Hostname;
  const strange = issuedPem(await site.issuer().order({ ...order, host: other }, noAbort()));
  t.match(
    await site.issuer({ accountKey }).order({ ...order, replaces: strange }, noAbort()),
    { outcome: 'issued' },
    'nor does one of another account and name',
  );
  t.match(
    await site.issuer({ accountKey }).order({ ...order, replaces: await pebble.root() }, noAbort()),
    { outcome: 'issued' },
    'nor does one that the CA does not know',
  );
});

t.test('a name that is proven already needs no challenge', async (t) => {
  const issuer = site.issuer();
  const found = new Set<string>();
  for (let orders = 0; orders < 40 && found.size < 2; orders += 1) {
    const outcome = await issuer.order(order, noAbort());
    found.add(outcome.outcome === 'issued' ? String(outcome.challenge) : outcome.outcome);
  }
  t.same([...found].toSorted(), ['http-01', 'undefined']);
});

function firstCertificate(pem: string): string {
  return /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem)?.[0] ?? '';
}
