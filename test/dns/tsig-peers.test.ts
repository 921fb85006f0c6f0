import { decode, encode, type RecordType } from 'dns-packet';
import t from 'tap';
import { signRequest, TSIG_ALGORITHMS, tsigKey, verifyLater, verifyResponse } from '../../src/dns/tsig.ts';
import { startBind } from '../peers/bind.ts';
import { startKnot } from '../peers/knot.ts';
import { freePort, startLoopback } from '../peers/loopback.ts';
import { TSIG_KEY } from '../peers/tsig-key.ts';
import { exchange } from './exchange.ts';
import { startSigningServer } from './signing-server.ts';

// Our signatures are verified by BIND and Knot, and we verify theirs: as their client, and as the server of their tools.

t.setTimeout(120_000);
const loopback = await startLoopback();
t.teardown(() => loopback.close());
const { host } = loopback;
const secret = Buffer.from(TSIG_KEY.secret, 'base64');
const key = tsigKey(TSIG_KEY.name, TSIG_KEY.algorithm, secret);
const HOUR = 3600_000;
/** What their tools print beside an answer whose signature is wrong. */
const UNVERIFIED = /couldn't verify|verify failure|BADSIG|failed to verify|TSIG error/i;

// Enough for a transfer of several messages.
const records = Array.from({ length: 600 }, (_, index) => ({
  name: `n${index}.example.test`,
  type: 'TXT',
  value: `${index} `.padEnd(200, 'x'),
}));
const zone = { address: '127.0.0.1', zones: ['example.test'], records };
const servers = {
  BIND: await freePort().then(async (port) => ({ port, server: await startBind(host, { ...zone, port }) })),
  Knot: await freePort().then(async (port) => ({ port, server: await startKnot(host, { ...zone, port }) })),
};

for (const [name, { port }] of Object.entries(servers)) {
  t.test(`${name} takes our signature, and we take its own`, async (t) => {
    const { message, mac } = signRequest(question('n1.example.test', 'TXT'), key, Date.now());
    const [answer = Buffer.alloc(0)] = await exchange(port, message, ({ length }) => length === 1);
    const verdict = verifyResponse(answer, key, mac, Date.now());
    t.match(verdict, { verdict: 'good' });
    if (verdict.verdict === 'good') t.equal(decode(verdict.message).answers?.length, 1);
    t.match(verifyResponse(answer, key, Buffer.alloc(32), Date.now()), { verdict: 'bad', error: 'BADSIG' });
    t.match(verifyResponse(answer, key, mac, Date.now() + HOUR), { verdict: 'bad', error: 'BADTIME' });
  });

  t.test(`${name} tells what is wrong with a signature`, async (t) => {
    const attempt = async (signer: typeof key, now: number) => {
      const { message, mac } = signRequest(question('n1.example.test', 'TXT'), signer, now);
      const [answer = Buffer.alloc(0)] = await exchange(port, message, ({ length }) => length === 1);
      return verifyResponse(answer, signer, mac, now);
    };
    const stranger = tsigKey('stranger', 'hmac-sha256', secret);
    t.match(await attempt(stranger, Date.now()), { verdict: 'refused', error: 'BADKEY' });
    const impostor = tsigKey(TSIG_KEY.name, 'hmac-sha256', Buffer.from('a guess'));
    t.match(await attempt(impostor, Date.now()), { verdict: 'refused', error: 'BADSIG' });
    const early = await attempt(key, Date.now() - HOUR);
    t.match(early, { verdict: 'refused', error: 'BADTIME' });
    const serverTime = early.verdict === 'refused' ? (early.serverTime ?? 0) : 0;
    t.ok(Math.abs(serverTime - Date.now()) < HOUR / 2, 'the clock that it tells is its own');
  });

  t.test(`${name} transfers a zone in a stream that we verify`, async (t) => {
    const { message, mac } = signRequest(question('example.test', 'AXFR'), key, Date.now());
    const stream = await exchange(port, message, (answers) => answers.flatMap(soas).length === 2);
    t.ok(stream.length > 2, `${stream.length} messages`);
    let prior = mac;
    let between: Buffer[] = [];
    let isFirst = true;
    for (const part of stream) {
      const verdict = isFirst
        ? verifyResponse(part, key, prior, Date.now())
        : verifyLater(part, key, prior, Date.now(), between);
      if (verdict.verdict === 'unsigned') between.push(part);
      else if (verdict.verdict !== 'good') t.fail(JSON.stringify(verdict));
      else {
        prior = verdict.mac;
        between = [];
      }
      isFirst = false;
    }
    t.equal(between.length, 0, 'the last one is signed');
  });
}

for (const algorithm of TSIG_ALGORITHMS) {
  const own = tsigKey(TSIG_KEY.name, algorithm, secret);
  const credentials = `${algorithm}:${TSIG_KEY.name}:${TSIG_KEY.secret}`;

  t.test(`${algorithm}: dig, kdig, nsupdate and knsupdate verify what we sign`, async (t) => {
    const { port, verdicts } = await startSigningServer(t, own, Date.now);
    const at = ['@127.0.0.1', '-p', String(port)];
    const ask = ['+tcp', '-y', credentials];
    for (const client of ['dig', 'kdig']) {
      const answer = await host.attempt(client, [...at, ...ask, 'example.test', 'TXT']);
      t.match(answer, { code: 0, stdout: /"text"/ }, client);
      t.notMatch(answer.stdout + answer.stderr, UNVERIFIED, client);
      const transfer = await host.attempt(client, [...at, ...ask, 'example.test', 'AXFR']);
      t.match(transfer, { code: 0, stdout: /"text 0".*"text 49"/s }, client);
      t.notMatch(transfer.stdout + transfer.stderr, UNVERIFIED, client);
    }
    const input = `server 127.0.0.1 ${port}\nzone example.test.\nupdate add a.example.test. 5 TXT "a"\nsend\n`;
    for (const client of ['nsupdate', 'knsupdate']) {
      t.match(
        await host.attempt(client, ['-v', '-y', credentials], { input }),
        { code: 0, stderr: '' },
        client,
      );
    }
    t.same(new Set(verdicts), new Set(['good']));
  });
}

t.test('dig and kdig verify what we sign when we refuse', async (t) => {
  const { port, verdicts } = await startSigningServer(t, key, () => Date.now() + HOUR);
  const ask = ['@127.0.0.1', '-p', String(port), '+tcp', 'example.test', 'TXT', '-y'];
  const dig = await host.attempt('dig', [
    ...ask,
    `${TSIG_KEY.algorithm}:${TSIG_KEY.name}:${TSIG_KEY.secret}`,
  ]);
  t.match(dig.stdout, /status: NOTAUTH.*BADTIME/s);
  // What it says of a signature that holds around this error.
  t.match(dig.stdout, /Couldn't verify signature: clocks are unsynchronized/);
  const kdig = await host.attempt('kdig', [...ask, `hmac-sha256:stranger:${TSIG_KEY.secret}`]);
  t.match(kdig.stdout + kdig.stderr, /NOTAUTH|BADKEY/);
  t.same(verdicts, ['BADTIME', 'BADKEY']);
});

function question(name: string, type: RecordType): Buffer {
  return encode({ type: 'query', id: 0x2a2a, questions: [{ name, type }] });
}

/** One for each SOA record of an answer: a transfer begins and ends with one. */
function soas(message: Buffer): number[] {
  return (decode(message).answers ?? []).flatMap(({ type }) => (type === 'SOA' ? [1] : []));
}
