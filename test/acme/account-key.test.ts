import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { inspect } from 'node:util';
import t from 'tap';
import { AccountKey, createAccountKey } from '../../src/acme/account-key.ts';
import { ExternalAccount, signRequest } from '../../src/acme/jws.ts';

const pem = createAccountKey();
const key = new AccountKey(pem);
const request = { url: 'https://ca.test/order', nonce: 'n1', payload: { a: 1 } };

t.test('what is signed can be verified, and says what RFC 8555 section 6.2 wants', async (t) => {
  const signed = signRequest({ key, account: undefined }, request);
  const publicKey = createPublicKey({ key: { ...key.jwk }, format: 'jwk' });
  const signature = Buffer.from(signed.signature, 'base64url');
  const text = Buffer.from(`${signed.protected}.${signed.payload}`);
  t.ok(verify('sha256', text, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature));
  t.same(decode(signed.protected), { alg: 'ES256', jwk: key.jwk, nonce: 'n1', url: request.url });
  t.same(decode(signed.payload), { a: 1 });
});

t.test('an account signs by its URL; POST-as-GET has an empty payload', async (t) => {
  const account = 'https://ca.test/account/1';
  const signed = signRequest({ key, account }, { ...request, payload: undefined });
  t.same(decode(signed.protected), { alg: 'ES256', kid: account, nonce: 'n1', url: request.url });
  t.equal(signed.payload, '');
});

t.test('the thumbprint is that of RFC 7638, and stands in key authorizations', async (t) => {
  const { x, y } = key.jwk;
  const canonical = `{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`;
  t.equal(
    key.keyAuthorization('token'),
    `token.${createHash('sha256').update(canonical).digest('base64url')}`,
  );
});

t.test('other keys are refused', async (t) => {
  const { privateKey } = generateKeyPairSync('ed25519');
  t.throws(() => new AccountKey(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string));
  t.throws(() => new AccountKey('nonsense'));
});

t.test('nothing that prints keys shows their secrets', async (t) => {
  const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ';
  const external = new ExternalAccount('kid', secret);
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  const all = [
    key,
    external,
    signRequest({ key, account: undefined }, request),
    external.bind(key, request.url),
  ];
  const printed = `${inspect(all, { depth: 9, showHidden: true })} ${JSON.stringify(all)}`;
  for (const hidden of [d, Buffer.from(d, 'base64url').toString('hex'), secret, 'secret-secret-secret']) {
    t.ok(hidden.length > 0);
    t.notOk(printed.includes(hidden));
  }
});

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
