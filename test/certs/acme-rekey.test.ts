import t from 'tap';
import { createAccountKey } from '../../src/acme/account-key.ts';
import { HOST, noAbort, startAcmeSite } from './acme-site.ts';
import { type Meddling, startCaStandIn } from './ca-stand-in.ts';

// Another key for the account at the CA (RFC 8555 section 7.3.5). A stand-in before Pebble loses what is sent.

t.setTimeout(120_000);

const EAB_KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
const site = await startAcmeSite(t, { badNonces: 5, retryAfter: 0, externalAccounts: { 'kid-1': EAB_KEY } });
const standIn = await startCaStandIn(site.pebble);
t.teardown(() => standIn.close());
const { pebble } = site;
const order = { host: HOST, challenges: ['http-01'] } as const;
const eab = { keyId: 'kid-1', hmacKey: EAB_KEY };
const CHANGE = '/rollover-account-key';

/** An account that has ordered, with what is needed to do more with it. */
async function accountWith(accountKey = createAccountKey()) {
  const issuer = site.issuer({ directory: standIn.directory, root: standIn.root, accountKey, eab });
  t.match(await issuer.order(order, noAbort()), { outcome: 'issued' });
  return { issuer, accountKey };
}

/** Whether a key has an account: one without external account binding is not made anew. */
async function isKnown(accountKey: string): Promise<boolean> {
  const outcome = await site.issuer({ accountKey }).order(order, noAbort());
  return outcome.outcome === 'issued';
}

function meddleOnce(at: string, how: Meddling): void {
  let isDone = false;
  standIn.meddle = (path) => {
    if (isDone || path !== at) return undefined;
    isDone = true;
    return how;
  };
}

t.test('the account has the new key, and orders go on', async (t) => {
  const { issuer, accountKey } = await accountWith();
  const next = createAccountKey();
  t.same(await issuer.changeKey(next, noAbort()), { outcome: 'changed' });
  t.match(await issuer.order(order, noAbort()), { outcome: 'issued' });
  t.ok(await isKnown(next), 'whoever has the new key has the account');
  t.notOk(await isKnown(accountKey), 'whoever has the old one has not');
});

t.test('wherever it is interrupted, the same key brings it to its end', async (t) => {
  for (const [at, how] of [
    ['/sign-me-up', 'cut before'],
    ['/sign-me-up', 'cut after'],
    [CHANGE, 'cut before'],
    [CHANGE, 'cut after'],
    [CHANGE, { status: 500, body: 'trouble' }],
    [CHANGE, { status: 429, body: 'too many' }],
  ] as const) {
    const about = `${at} ${JSON.stringify(how)}`;
    const { issuer, accountKey } = await accountWith();
    const next = createAccountKey();
    meddleOnce(at, how);
    const interrupted = await issuer.changeKey(next, noAbort());
    if (interrupted.outcome !== 'changed') t.match(interrupted, { outcome: 'unreachable', why: /\w/ }, about);
    // As after a kill: nothing is known but the two keys, and the old one is taken for the account's.
    const after = site.issuer({ accountKey, eab });
    t.same(await after.changeKey(next, noAbort()), { outcome: 'changed' }, about);
    t.match(await after.order(order, noAbort()), { outcome: 'issued' }, about);
    t.ok(await isKnown(next), about);
  }
});

t.test('a change that was heard, and its repetition refused, is one', async (t) => {
  const { issuer } = await accountWith();
  const next = createAccountKey();
  const problem = { type: 'urn:ietf:params:acme:error:malformed', detail: 'no such key' };
  // Not once: a nonce that Pebble does not like makes the request come again before it is taken.
  standIn.meddle = (path) =>
    path === CHANGE ? { inPlaceOfSuccess: { status: 400, body: problem } } : undefined;
  t.same(await issuer.changeKey(next, noAbort()), { outcome: 'changed' });
  t.ok(await isKnown(next));
});

t.test('what the CA refuses leaves the old key in use', async (t) => {
  const { issuer, accountKey } = await accountWith();
  const body = { type: 'urn:ietf:params:acme:error:badPublicKey', detail: 'of a kind that we do not like' };
  meddleOnce(CHANGE, { status: 400, body });
  const refused = await issuer.changeKey(createAccountKey(), noAbort());
  t.same(refused, { outcome: 'refused', why: 'of a kind that we do not like' });
  t.match(await issuer.order(order, noAbort()), { outcome: 'issued' });
  t.ok(await isKnown(accountKey));
});

t.test('where there is no account yet, it is made with the new key', async (t) => {
  const issuer = site.issuer({ eab });
  const next = createAccountKey();
  t.same(await issuer.changeKey(next, noAbort()), { outcome: 'changed' });
  t.match(await issuer.order(order, noAbort()), { outcome: 'issued' });
  t.ok(await isKnown(next));
});

t.test('a CA that is down', async (t) => {
  const { issuer } = await accountWith();
  await pebble.close();
  const outcome = await issuer.changeKey(createAccountKey(), noAbort());
  t.match(outcome, { outcome: 'unreachable', why: /^No connection/ });
  await t.rejects(
    issuer.changeKey(createAccountKey(), AbortSignal.abort(new Error('Postseal ends'))),
    /ends/,
  );
});
