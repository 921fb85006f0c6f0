import t from 'tap';
import { CHALLENGE_TYPES } from '../../src/certs/issuer.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { ELSEWHERE, HOST, noAbort, startAcmeSite } from './acme-site.ts';

const KEY = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
const WRONG_KEY = 'AAAAZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
const BLOCKED = 'mta-sts.blocked.test' as Hostname;
const ABSENT = 'mta-sts.absent.test' as Hostname;

const site = await startAcmeSite(t, { externalAccounts: { 'kid-1': KEY }, blocked: [BLOCKED], badNonces: 5 });
const { pebble, board } = site;
const order = { host: HOST, challenges: CHALLENGE_TYPES };
const eab = { keyId: 'kid-1', hmacKey: KEY };

t.test('external account binding', async (t) => {
  t.match(await site.issuer({ eab, email: 'hostmaster@example.test' }).order(order, noAbort()), {
    outcome: 'issued',
  });
  const bad = [
    undefined,
    { keyId: 'kid-1', hmacKey: WRONG_KEY },
    { keyId: 'kid-2', hmacKey: KEY },
    { keyId: 'kid-1', hmacKey: '' },
  ];
  for (const wrong of bad) {
    const issuer = site.issuer(wrong && { eab: wrong });
    const outcome = await issuer.order(order, noAbort());
    t.match(outcome, { outcome: 'account-refused', why: /\w{3}/ }, JSON.stringify(outcome));
    t.notMatch(JSON.stringify(outcome), KEY, 'no secret is told');
  }
});

t.test('a name that leads elsewhere', async (t) => {
  for (const type of CHALLENGE_TYPES) {
    const outcome = await site.issuer({ eab }).order({ host: ELSEWHERE, challenges: [type] }, noAbort());
    t.match(outcome, { outcome: 'challenge-failed', challenge: type, why: /127\.0\.0\.2|connect|refused/i });
  }
  const both = await site.issuer({ eab }).order({ host: ELSEWHERE, challenges: CHALLENGE_TYPES }, noAbort());
  t.match(both, { outcome: 'challenge-failed', challenge: 'http-01', why: /http-01: .*; tls-alpn-01: / });
  t.equal(board.present.size, 0, 'no challenge is left');
});

t.test('a name that is not in DNS', async (t) => {
  const outcome = await site.issuer({ eab }).order({ host: ABSENT, challenges: CHALLENGE_TYPES }, noAbort());
  t.match(outcome, { outcome: 'challenge-failed', challenge: 'http-01', why: ABSENT });
});

t.test('a name that the CA does not issue for', async (t) => {
  const outcome = await site.issuer({ eab }).order({ host: BLOCKED, challenges: CHALLENGE_TYPES }, noAbort());
  t.match(outcome, { outcome: 'rejected', why: BLOCKED });
});

t.test('an order without a type of challenge', async (t) => {
  t.match(await site.issuer({ eab }).order({ host: HOST, challenges: [] }, noAbort()), {
    outcome: 'rejected',
  });
});

t.test('an order that is aborted while the CA looks leaves nothing behind', async (t) => {
  const abort = new AbortController();
  const reason = new Error('the tenant has left');
  board.onPut = () => abort.abort(reason);
  t.teardown(() => {
    board.onPut = () => {};
  });
  await t.rejects(site.issuer({ eab }).order(order, abort.signal), reason);
  await t.rejects(
    site.issuer({ eab }).order(order, AbortSignal.abort(reason)),
    reason,
    'nor one aborted before',
  );
  t.equal(board.present.size, 0);
  t.equal(board.present.size, 0);
});

t.test('a board that fails is told to the caller', async (t) => {
  const reason = new Error('no worker answers');
  board.onPut = () => {
    throw reason;
  };
  t.teardown(() => {
    board.onPut = () => {};
  });
  await t.rejects(site.issuer({ eab }).order(order, noAbort()), reason);
  t.equal(board.present.size, 0, 'what it may have put is taken off');
});

t.test('a CA that is down, and back with everything forgotten', async (t) => {
  const issuer = site.issuer({ eab });
  t.match(await issuer.order(order, noAbort()), { outcome: 'issued' });
  await pebble.close();
  t.match(await issuer.order(order, noAbort()), { outcome: 'unreachable', why: /ECONNREFUSED/ });
  t.equal(await issuer.renewalInfo('nonsense', noAbort()), undefined);
  await pebble.restart();
  t.match(await issuer.order(order, noAbort()), { outcome: 'issued' }, 'the account is made anew');
});

t.test('a CA under a root that is not trusted', async (t) => {
  const outcome = await site.issuer({ eab, root: await pebble.root() }).order(order, noAbort());
  t.match(outcome, { outcome: 'unreachable', why: /certificate/ });
});

t.test('an address that is no directory', async (t) => {
  const directory = pebble.directory.replace('/dir', '/nonsense');
  t.match(await site.issuer({ directory }).order(order, noAbort()), { outcome: 'unreachable', why: /404/ });
  const plain = pebble.directory.replace('https:', 'http:');
  t.match(await site.issuer({ directory: plain }).order(order, noAbort()), {
    outcome: 'unreachable',
    why: /https/,
  });
});
