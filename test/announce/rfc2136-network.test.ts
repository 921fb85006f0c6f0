import { encode } from 'dns-packet';
import t, { type Test } from 'tap';
import { rfc2136Publisher } from '../../src/announce/rfc2136.ts';
import { tsigKey } from '../../src/dns/tsig.ts';
import { startBind } from '../peers/bind.ts';
import { freePort, startLoopback } from '../peers/loopback.ts';
import { TSIG_KEY } from '../peers/tsig-key.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { lookAt } from './kdig.ts';
import { startRelay, type Weather } from './relay.ts';

// Updates through networks that lose, cut and forge packets, to a real server.

t.setTimeout(120_000);
const loopback = await startLoopback();
t.teardown(() => loopback.close());
const { host } = loopback;
const ZONE = 'z.sts.test';
const server = await freePort();
await startBind(host, { address: '127.0.0.1', port: server, zones: [ZONE], records: [] });
const { held, version } = lookAt(host, server);
const key = tsigKey(TSIG_KEY.name, TSIG_KEY.algorithm, Buffer.from(TSIG_KEY.secret, 'base64'));
const TEXT = 'v=STSv1; id=20261129T120000Z01234567;';
const times = { udp: [300, 300], tcp: 10_000 };
const done = { outcome: 'announced' };
const { signal } = new AbortController();
let names = 0;

async function announceThrough(t: Test, weather: Weather) {
  const relay = await startRelay(t, server, weather);
  const to = { host: '127.0.0.1', port: relay.port };
  const publisher = rfc2136Publisher({ server: to, key, times, now: Date.now });
  names += 1;
  const name = `n${names}.${ZONE}`;
  const announcement = { domain: policyDomain('tenant.test'), name, text: TEXT, ttl: 60 };
  const outcome = await publisher.announce(announcement, signal);
  return { outcome, relay, texts: (await held(name)).map(({ text }) => text) };
}

t.test('a question and an answer are lost', async (t) => {
  const serial = Number(await version(ZONE));
  const { outcome, texts } = await announceThrough(t, {
    question: (index) => (index === 0 ? 'lost' : undefined),
    // The answer to the update itself: what was done is seen, and not done again.
    answer: (index) => (index === 1 ? 'lost' : undefined),
  });
  t.same(outcome, done);
  t.same(texts, [TEXT]);
  t.equal(Number(await version(ZONE)), serial + 1);
});

t.test('no UDP at all', async (t) => {
  const { outcome, texts, relay } = await announceThrough(t, { question: () => 'lost' });
  t.same(outcome, done);
  t.same(texts, [TEXT]);
  t.match(relay.seen, { udp: 4, tcp: 2 }, 'a question and an update, each twice over UDP and then over TCP');
});

t.test('answers that are cut for UDP', async (t) => {
  const { outcome, texts, relay } = await announceThrough(t, { answer: (_index, bytes) => [cut(bytes)] });
  t.same(outcome, done);
  t.same(texts, [TEXT]);
  t.match(relay.seen, { udp: 3, tcp: 3 }, 'the update was done over UDP, and is seen to be');
});

t.test('forged answers before the true ones', async (t) => {
  const { outcome, texts } = await announceThrough(t, {
    answer: (_index, bytes) => [
      unsigned(bytes),
      tampered(bytes),
      Buffer.from('nonsense'),
      otherId(bytes),
      bytes,
    ],
  });
  t.same(outcome, done);
  t.same(texts, [TEXT]);
});

t.test('nobody signs the answers', async (t) => {
  const { outcome, texts } = await announceThrough(t, {
    answer: (_index, bytes) => [unsigned(bytes)],
    tcp: false,
  });
  t.match(outcome, { outcome: 'refused', why: /does not sign its answers/, remedy: /not to a resolver/ });
  t.same(texts, []);
});

t.test('nothing comes through', async (t) => {
  const { outcome } = await announceThrough(t, { question: () => 'lost', tcp: false });
  t.match(outcome, { outcome: 'unreachable' });
});

/** Its header alone, marked as truncated. */
function cut(bytes: Buffer): Buffer {
  const header = Buffer.from(bytes.subarray(0, 12));
  header[2] = (header[2] ?? 0) | 0x02;
  header.fill(0, 4);
  return header;
}

function unsigned(bytes: Buffer): Buffer {
  const answer = encode({ type: 'response', id: bytes.readUInt16BE(0), flags: 0x400 });
  // The operation that was asked for.
  answer[2] = bytes[2] ?? 0;
  return answer;
}

function tampered(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[3] = 5;
  return changed;
}

function otherId(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt16BE((bytes.readUInt16BE(0) + 1) % 65_536);
  return changed;
}
