import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  type SignedMessage,
  signLater,
  signRefusal,
  signRequest,
  signResponse,
  TSIG_ALGORITHMS,
  type TsigKey,
  tsigKey,
  verifyLater,
  verifyRequest,
  verifyResponse,
} from '../../src/dns/tsig.ts';
import { appendTsig, splitTsig, type TsigRecord } from '../../src/dns/tsig-record.ts';
import { nameToWire } from '../../src/dns/wire-name.ts';
import { holds } from '../property.ts';

const NOW = Date.UTC(2026, 10, 29, 12);
const SECOND = 1000;
const FUDGE = 300 * SECOND;

const key = tsigKey('Key.Example', 'hmac-sha256', Buffer.from('a secret for tests'));
const query = message({ id: 0x1234 });

const keys = fc
  .record({
    name: fc.stringMatching(/^[a-zA-Z]{1,20}(\.[a-zA-Z]{1,20}){0,3}$/),
    algorithm: fc.constantFrom(...TSIG_ALGORITHMS),
    secret: fc.uint8Array({ minLength: 1, maxLength: 80 }),
  })
  .map(({ name, algorithm, secret }) => tsigKey(name, algorithm, secret));
const messages = fc
  .record({
    id: fc.integer({ min: 0, max: 65_535 }),
    records: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
  })
  .map(message);
const times = fc.integer({ min: FUDGE, max: 0xff_ff_ff_ff * SECOND });

t.test('what is signed is verified, and given back as it was', async (t) => {
  holds(
    t,
    fc.property(keys, messages, messages, messages, times, (key, request, answer, later, now) => {
      const asked = signRequest(request, key, now);
      assert.deepEqual(verifyRequest(asked.message, [otherKey(key), key], now), good(key, asked, request));
      const answered = signResponse(answer, key, asked.mac, now);
      assert.deepEqual(verifyResponse(answered.message, key, asked.mac, now), good(key, answered, answer));
      const next = signLater(later, key, answered.mac, now);
      assert.deepEqual(verifyLater(next.message, key, answered.mac, now), good(key, next, later));
      assert.notEqual(verifyResponse(answered.message, key, answered.mac, now).verdict, 'good');
      assert.notEqual(verifyResponse(next.message, key, answered.mac, now).verdict, 'good');
    }),
  );
});

t.test('one bit flipped, and nothing is good any more', async (t) => {
  for (const algorithm of TSIG_ALGORITHMS) {
    const signer = tsigKey('Key.Example', algorithm, Buffer.from('a secret for tests'));
    const original = message({ id: 0x1234, records: [Buffer.from('some data')] });
    const { message: signed } = signRequest(original, signer, NOW);
    const passed: number[] = [];
    for (let bit = 0; bit < 8 * signed.length; bit += 1) {
      const flipped = Buffer.from(signed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const verdict = verifyRequest(flipped, [signer], NOW);
      if (verdict.verdict !== 'good') continue;
      passed.push(bit);
      t.strictSame(verdict.message, original);
    }
    // The message id may change on the way (RFC 8945 section 5.3), and so may the letter case of the two names.
    const ids = Array.from({ length: 16 }, (_, bit) => bit);
    const nameEnd = original.length + signer.wire.name.length;
    const octetsOf = (name: Buffer, at: number) =>
      [...name].map((octet, index) => ({ octet, at: at + index }));
    const names = [
      ...octetsOf(signed.subarray(original.length, nameEnd), original.length),
      ...octetsOf(signer.wire.algorithm, nameEnd + 10),
    ];
    const letters = names.filter(({ octet }) => /[a-z]/i.test(String.fromCharCode(octet)));
    t.ok(letters.length > 10);
    t.same(passed, [...ids, ...letters.map(({ at }) => 8 * at + 5)]);
  }
});

t.test('arbitrary bytes are judged without an error, and are never good', async (t) => {
  holds(
    t,
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.notEqual(verifyRequest(bytes, [key], NOW).verdict, 'good');
    }),
  );
  const { message: signed } = signRequest(query, key, NOW);
  for (let length = 0; length < signed.length; length += 1) {
    t.equal(verifyRequest(signed.subarray(0, length), [key], NOW).verdict, 'malformed', `${length} octets`);
  }
  t.match(verifyRequest(Buffer.concat([signed, Buffer.alloc(1)]), [key], NOW), { verdict: 'malformed' });
});

t.test('the time window is the fudge to both sides', async (t) => {
  const { message: signed, mac } = signRequest(query, key, NOW);
  for (const [now, verdict] of [
    [NOW + FUDGE, 'good'],
    [NOW - FUDGE, 'good'],
    [NOW + FUDGE + SECOND, 'bad'],
    [NOW - FUDGE - SECOND, 'bad'],
  ] as const) {
    t.match(verifyRequest(signed, [key], now), { verdict });
  }
  const server = NOW + 3600 * SECOND;
  const late = verifyRequest(signed, [key], server);
  t.match(late, { verdict: 'bad', error: 'BADTIME', key });
  if (late.verdict !== 'bad') return;
  const answer = signRefusal(message({ id: 0x1234 }), late, server);
  t.same(verifyResponse(answer, key, mac, NOW), { verdict: 'refused', error: 'BADTIME', serverTime: server });
  t.match(
    verifyResponse(answer, key, Buffer.alloc(32), NOW),
    { verdict: 'bad', error: 'BADSIG' },
    'it is signed',
  );
});

t.test('a key that is not known, and a wrong secret', async (t) => {
  const stranger = tsigKey('stranger', 'hmac-sha256', Buffer.from('x'));
  const impostor = tsigKey('key.example', 'hmac-sha256', Buffer.from('x'));
  const otherwise = tsigKey('key.example', 'hmac-sha512', Buffer.from('a secret for tests'));
  for (const [signer, error] of [
    [stranger, 'BADKEY'],
    [otherwise, 'BADKEY'],
    [impostor, 'BADSIG'],
  ] as const) {
    const { message: signed, mac } = signRequest(query, signer, NOW);
    const verdict = verifyRequest(signed, [key], NOW);
    t.match(verdict, { verdict: 'bad', error });
    if (verdict.verdict !== 'bad') continue;
    const answer = signRefusal(message({ id: 0x1234 }), verdict, NOW);
    const split = splitTsig(answer);
    t.match(split, {
      found: 'record',
      record: { keyName: signer.wire.name, algorithm: signer.wire.algorithm },
    });
    t.same(verifyResponse(answer, signer, mac, NOW), { verdict: 'refused', error, serverTime: undefined });
  }
});

t.test('a shortened signature is refused, and a very short one malformed', async (t) => {
  for (const [length, verdict] of [
    [31, { verdict: 'bad', error: 'BADTRUNC' }],
    [16, { verdict: 'bad', error: 'BADTRUNC' }],
    [15, { verdict: 'malformed' }],
    [0, { verdict: 'malformed' }],
    [33, { verdict: 'malformed' }],
  ] as const) {
    const short = changed(signRequest(query, key, NOW), ({ mac, ...rest }) => ({
      ...rest,
      mac: Buffer.concat([mac, Buffer.alloc(1)]).subarray(0, length),
    }));
    const found = verifyRequest(short, [key], NOW);
    t.match(found, verdict, `${length} octets`);
    if (found.verdict !== 'bad') continue;
    const answer = signRefusal(message({ id: 0x1234 }), found, NOW);
    t.match(verifyResponse(answer, key, found.record.mac, NOW), { verdict: 'refused', error: 'BADTRUNC' });
  }
  const wrong = changed(signRequest(query, key, NOW), (record) => ({ ...record, mac: Buffer.alloc(16) }));
  t.match(
    verifyRequest(wrong, [key], NOW),
    { verdict: 'bad', error: 'BADSIG' },
    'the signature counts first',
  );
});

t.test('a record where it must not be', async (t) => {
  const { message: signed } = signRequest(query, key, NOW);
  const twice = signRequest(signed, key, NOW).message;
  t.match(verifyRequest(twice, [key], NOW), { verdict: 'malformed' });
  const asAnswer = Buffer.from(signed);
  asAnswer.writeUInt16BE(1, 6);
  asAnswer.writeUInt16BE(0, 10);
  t.match(verifyRequest(asAnswer, [key], NOW), { verdict: 'malformed' }, 'in the answer section');
  const notLast = Buffer.concat([signed, recordBytes(Buffer.alloc(0))]);
  notLast.writeUInt16BE(2, 10);
  t.match(verifyRequest(notLast, [key], NOW), { verdict: 'malformed' });
  t.match(verifyRequest(query, [key], NOW), { verdict: 'unsigned' });
});

t.test('a stream with unsigned messages between', async (t) => {
  const first = signResponse(query, key, Buffer.alloc(32), NOW);
  const between = [message({ id: 1 }), message({ id: 2, records: [Buffer.from('x')] })];
  const asOne = Buffer.concat([...between, query]);
  t.match(verifyLater(signLater(query, key, first.mac, NOW).message, key, first.mac, NOW, between), {
    verdict: 'bad',
    error: 'BADSIG',
  });
  // The digest goes on over all of them, whatever their borders (RFC 8945 section 5.3.1).
  const { mac } = signLater(asOne, key, first.mac, NOW);
  const last = changed(signLater(query, key, first.mac, NOW), (record) => ({ ...record, mac }));
  t.match(verifyLater(last, key, first.mac, NOW, between), { verdict: 'good' });
});

t.test('the secret is not to be seen in a key', async (t) => {
  t.notMatch(JSON.stringify(key), /secret for tests|YSBzZWNyZXQ/);
  t.throws(() => tsigKey('a..b', 'hmac-sha256', Buffer.from('x')), RangeError);
  t.throws(() => tsigKey('a'.repeat(64), 'hmac-sha256', Buffer.from('x')), RangeError);
});

function good(key: TsigKey, { mac }: SignedMessage, message: Buffer) {
  return { verdict: 'good', key, mac, message };
}

function otherKey({ name, algorithm }: TsigKey): TsigKey {
  return tsigKey(`other.${name}`, algorithm, Buffer.from('x'));
}

/** A message with one question and, as its additional section, records of a private type. */
function message({ id, records = [] }: { id: number; records?: readonly Uint8Array[] }): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 10);
  return Buffer.concat([
    header,
    nameToWire('example.com'),
    Buffer.from([0, 16, 0, 1]),
    ...records.map(recordBytes),
  ]);
}

/** A record of a private type whose name points at the question's. */
function recordBytes(data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0xc0, 12, 0xff, 0xf0, 0, 1, 0, 0, 0, 5, 0, data.length]), data]);
}

function changed({ message }: SignedMessage, change: (record: TsigRecord) => TsigRecord): Buffer {
  const split = splitTsig(message);
  if (split.found !== 'record') throw new Error('not signed');
  return appendTsig(split.rest, change(split.record));
}
