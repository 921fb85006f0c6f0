import { createPrivateKey, X509Certificate } from 'node:crypto';
import t from 'tap';
import { createAccountKey } from '../../src/acme/account-key.ts';
import { CHALLENGE_TYPES } from '../../src/certs/issuer.ts';
import { PROFILES } from '../peers/pebble.ts';
import { HOST, issuedPem, noAbort, startAcmeSite } from './acme-site.ts';

// Pebble at its nastiest, with real edge workers behind real DNS.

const site = await startAcmeSite(t, { badNonces: 5, validationSleep: 1, strict: true });
const { pebble, board } = site;

for (const type of CHALLENGE_TYPES) {
  t.test(`a certificate by ${type} alone`, async (t) => {
    const outcome = await site.issuer().order({ host: HOST, challenges: [type] }, noAbort());
    t.match(outcome, { outcome: 'issued', challenge: type });
    const pem = issuedPem(outcome);
    const [leaf, issuer] = certificates(pem);
    t.equal(leaf.subjectAltName, `DNS:${HOST}`);
    t.ok(leaf.checkPrivateKey(createPrivateKey(pem)), 'with its key');
    t.equal(createPrivateKey(pem).asymmetricKeyDetails?.namedCurve, 'prime256v1');
    t.ok(leaf.verify(issuer.publicKey), 'with the certificate that signed it');
    t.ok(issuer.verify(new X509Certificate(await pebble.root()).publicKey), 'under the root of this CA');
    t.equal(board.present.size, 0, 'no challenge is left');
  });
}

t.test('where the first type of challenge can not pass, the second does', async (t) => {
  board.lost.add('http-01');
  t.teardown(() => board.lost.clear());
  board.seen.length = 0;
  const order = { host: HOST, challenges: CHALLENGE_TYPES };
  t.match(await site.issuer().order(order, noAbort()), { outcome: 'issued', challenge: 'tls-alpn-01' });
  t.same(board.seen, ['http-01', 'tls-alpn-01']);
  t.equal(board.present.size, 0);
});

t.test('an account lives with its key, not with the issuer', async (t) => {
  const accountKey = createAccountKey();
  const accounts = () => pebble.program.lines.filter((line) => /accounts in memory/.test(line)).length;
  const order = { host: HOST, challenges: CHALLENGE_TYPES };
  t.match(await site.issuer({ accountKey }).order(order, noAbort()), { outcome: 'issued' });
  const before = accounts();
  t.match(await site.issuer({ accountKey }).order(order, noAbort()), { outcome: 'issued' });
  t.equal(accounts(), before, 'no second account');
  t.ok(before > 0);
});

t.test('each certificate has a key of its own', async (t) => {
  const issuer = site.issuer();
  const order = { host: HOST, challenges: CHALLENGE_TYPES };
  const pems = [
    issuedPem(await issuer.order(order, noAbort())),
    issuedPem(await issuer.order(order, noAbort())),
  ];
  const keys = pems.map((pem) =>
    certificates(pem)[0].publicKey.export({ format: 'der', type: 'spki' }).toString('hex'),
  );
  t.equal(new Set(keys).size, 2);
});

t.test('the profile decides how long a certificate lasts', async (t) => {
  for (const [profile, seconds] of Object.entries(PROFILES)) {
    const outcome = await site.issuer({ profile }).order({ host: HOST, challenges: ['http-01'] }, noAbort());
    const [leaf] = certificates(issuedPem(outcome));
    const lifetime = (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 1000;
    t.equal(Math.round(lifetime), seconds - 1, profile);
  }
  const outcome = await site
    .issuer({ profile: 'nonsense' })
    .order({ host: HOST, challenges: ['http-01'] }, noAbort());
  t.match(outcome, { outcome: 'account-refused', why: /nonsense/ });
});

t.test('many orders at once, of one account', async (t) => {
  const issuer = site.issuer();
  const order = { host: HOST, challenges: CHALLENGE_TYPES };
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => issuer.order(order, noAbort())));
  for (const outcome of outcomes) t.equal(outcome.outcome, 'issued');
  t.equal(board.present.size, 0);
});

function certificates(pem: string): [X509Certificate, X509Certificate] {
  const [leaf, issuer] = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return [new X509Certificate(leaf ?? ''), new X509Certificate(issuer ?? '')];
}
