import t from 'tap';
import { readCases } from '../cases.ts';
import { HOST, noAbort, startAcmeSite } from './acme-site.ts';
import { type Meddling, type StandInAnswer, startCaStandIn } from './ca-stand-in.ts';

// Answers that no CA here can be brought to give come from a stand-in before Pebble; all else is Pebble's own.

interface Case extends StandInAnswer {
  readonly title: string;
  readonly at: string;
  readonly after?: number;
  readonly problem?: object;
  readonly is: { readonly outcome: string; readonly until?: string; readonly why: string };
}

const site = await startAcmeSite(t, { retryAfter: 0 });
const standIn = await startCaStandIn(site.pebble);
t.teardown(() => standIn.close());
const { board, pebble } = site;
const order = { host: HOST, challenges: ['http-01'] } as const;

function issuer(now = Date.now) {
  return site.issuer({ directory: standIn.directory, root: standIn.root, now });
}

/** Meddles with the requests whose paths begin so, from the first to the last of them given. */
function meddle(at: string, how: Meddling, after = 0, times = Number.POSITIVE_INFINITY): void {
  let seen = 0;
  standIn.meddle = (path) => {
    if (!path.startsWith(at)) return undefined;
    seen += 1;
    return seen > after && seen <= after + times ? how : undefined;
  };
}

t.test('what a CA answers, and what comes of the order', async (t) => {
  const now = () => Date.parse('2026-11-22T20:00:00Z');
  for (const { title, at, after, problem, is, status, headers, body } of readCases<Case[]>(
    'acme-answers.yaml',
    import.meta,
  )) {
    meddle(at, { status, headers: headers ?? {}, body: problem ?? body }, after);
    const expected = is.until === undefined ? is : { ...is, until: Date.parse(is.until) };
    t.same(await issuer(now).order(order, noAbort()), expected, title);
    t.equal(board.present.size, 0, 'no challenge is left on the board');
  }
});

t.test('an answer that is lost on its way does not lose the certificate', async (t) => {
  for (const [at, how] of [
    ['/finalize-order/', 'cut after'],
    ['/finalize-order/', 'cut before'],
    ['/finalize-order/', { status: 500, body: 'trouble' }],
    ['/my-order/', 'cut after'],
    ['/authZ/', 'cut before'],
    ['/certZ/', { status: 503, body: 'trouble' }],
  ] as const) {
    meddle(at, how, 0, 1);
    const before = pebble.issued;
    t.match(await issuer().order(order, noAbort()), { outcome: 'issued' }, `${at} ${JSON.stringify(how)}`);
    t.equal(pebble.issued - before, 1, 'by one order');
  }
});

t.test('an old order in place of a new one is asked for anew', async (t) => {
  const old = { status: 'valid', authorizations: [], finalize: 'https://ca.test/1' };
  meddle('/order-plz', { status: 201, headers: { location: 'https://ca.test/1' }, body: old }, 0, 1);
  t.match(await issuer().order(order, noAbort()), { outcome: 'issued' });
});

t.test('a type of challenge that is not known, and has no token, is passed over', async (t) => {
  meddle('/authZ/', (text) => {
    const authorization = JSON.parse(text);
    const strange = { type: 'dns-persist-01', status: 'pending', url: 'https://ca.test/1' };
    return JSON.stringify({ ...authorization, challenges: [strange, ...authorization.challenges] });
  });
  t.match(await issuer().order(order, noAbort()), { outcome: 'issued', challenge: 'http-01' });
});

t.test('a CA that answers without an end', async (t) => {
  meddle('/order-plz', { status: 200, body: 'x'.repeat(300_000) });
  t.match(await issuer().order(order, noAbort()), { outcome: 'unreachable', why: /over 262144 bytes/ });
});

t.test('the certificate of another name, or with another key, is not taken', async (t) => {
  meddle('/certZ/', undefined);
  const outcome = await issuer().order(order, noAbort());
  t.equal(outcome.outcome, 'issued');
  if (outcome.outcome !== 'issued') return;
  const others = outcome.pem.slice(outcome.pem.indexOf('-----BEGIN CERTIFICATE'));
  meddle('/certZ/', { status: 200, body: others });
  t.match(await issuer().order(order, noAbort()), {
    outcome: 'unreachable',
    why: /not that of the first certificate/,
  });
});
