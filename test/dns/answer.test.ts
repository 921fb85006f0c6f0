import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { MOST_UDP, truncated } from '../../src/dns/answer.ts';
import { readQuery } from '../../src/dns/query.ts';
import type { RecordSet } from '../../src/dns/record-set.ts';
import { type Response, respond, type Transport } from '../../src/dns/respond.ts';
import { signRequest, tsigKey } from '../../src/dns/tsig.ts';
import type { Zone, ZoneFacts } from '../../src/dns/zone.ts';
import { readCases } from '../cases.ts';
import { TSIG_KEY } from '../peers/tsig-key.ts';
import { holds } from '../property.ts';
import { type Asked, FACTS, NOERROR, queryFor, questionOf, shown, zoneWith } from './zone.ts';

interface Case {
  readonly why?: string;
  readonly ask: Asked;
  readonly rcode?: string;
  readonly flags?: readonly string[];
  readonly question?: string | null;
  readonly answers?: readonly string[];
  readonly authorities?: readonly string[];
  readonly edns?: object;
}
interface Cases {
  readonly zone: ZoneFacts;
  readonly serial: number;
  readonly sets: readonly RecordSet[];
  readonly cases: readonly Case[];
}
const cases = readCases<Cases>('answer.yaml', import.meta);
const zone = zoneWith(cases.sets, cases.serial, cases.zone);

function responseTo(message: Buffer, of: Zone = zone, transport: Transport = 'udp'): Response {
  return respond({ zone: of, keys: [] }, message, transport, 0);
}

function answerTo(asked: Asked, of: Zone = zone, transport: Transport = 'udp'): Buffer {
  const response = responseTo(queryFor(asked), of, transport);
  if (response.to !== 'query') throw new Error(response.to);
  return response.answer.bytes;
}

t.test('queries and what is answered', async (t) => {
  for (const { why, ask, rcode = NOERROR, flags = [], edns, ...sections } of cases.cases) {
    const { question = ask.name === '.' ? '.' : ask.name, answers = [], authorities = [] } = sections;
    for (const transport of ['udp', 'tcp'] as const) {
      const bytes = answerTo(ask, zone, transport);
      t.strictSame(
        shown(bytes),
        { rcode, flags, question: question ?? undefined, answers, authorities, edns },
        why ?? `${ask.name} ${ask.type}`,
      );
      t.equal(bytes.readUInt16BE(0), 0x1234, 'the id');
    }
  }
});

t.test('a response is never answered, nor what has no header', async (t) => {
  const response = queryFor({ name: 'z.sts.example.net', type: 'SOA', flags: ['qr'] });
  t.same(responseTo(response), { to: 'nobody' });
  for (let length = 0; length < 12; length += 1) {
    t.same(responseTo(response.subarray(0, length)), { to: 'nobody' });
  }
});

t.test('what does not fit is cut to nothing over UDP, and whole over TCP', async (t) => {
  const values = Array.from({ length: 30 }, (_, index) => `${index}`.padEnd(43, 'x'));
  const many = zoneWith([{ name: 'example.com._acme-challenge', values, ttl: 60 }]);
  const ask = { name: 'example.com._acme-challenge.z.sts.example.net', type: 'TXT' };
  for (const edns of [undefined, { size: 512 }, { size: 1232 }, { size: 65_535 }]) {
    const bytes = answerTo({ ...ask, ...(edns && { edns }) }, many);
    t.match(shown(bytes), { rcode: NOERROR, flags: ['aa', 'tc'], answers: [] }, JSON.stringify(edns));
    t.ok(bytes.length <= queryFor({ ...ask, ...(edns && { edns }) }).length);
  }
  t.equal(shown(answerTo(ask, many, 'tcp')).answers.length, 30);
});

t.test('the size that the client takes counts, to the octet', async (t) => {
  const ask = { name: 'a.b._mta-sts.z.sts.example.net', type: 'TXT' };
  const without = queryFor({ ...ask, edns: { size: 0 } }).length;
  const sized = (length: number) =>
    zoneWith([{ name: 'a.b._mta-sts', values: ['x'.repeat(length)], ttl: 1 }]);
  for (const [size, room] of [
    [0, 512],
    [511, 512],
    [700, 700],
    [5000, MOST_UDP],
  ] as const) {
    // Owner, type, class, time to live, length, and a length for each 255 octets.
    const space = room - without - 12;
    const most = space - Math.ceil(space / 256);
    const fits = answerTo({ ...ask, edns: { size } }, sized(most));
    t.equal(fits.length, room);
    t.same(shown(fits).flags, ['aa']);
    t.same(shown(answerTo({ ...ask, edns: { size } }, sized(most + 1))).flags, ['aa', 'tc']);
  }
});

t.test('a truncated answer is no longer than the query', async (t) => {
  for (const ask of [{}, { edns: { size: 1232 } }]) {
    const message = queryFor({ name: 'example.com._mta-sts.z.sts.example.net', type: 'TXT', ...ask });
    const reading = readQuery(message);
    if (reading.outcome !== 'query') throw new Error(reading.outcome);
    const bytes = truncated(message, reading.query);
    t.equal(bytes.length, message.length);
    t.match(shown(bytes), { rcode: NOERROR, flags: ['tc'], answers: [] });
  }
});

const octets = fc.uint8Array({ maxLength: 300 });
const asked: fc.Arbitrary<Asked> = fc.record({
  wire: fc
    .array(fc.uint8Array({ minLength: 1, maxLength: 63 }), { maxLength: 6 })
    .map(
      (labels) => `${labels.map((label) => Buffer.from([label.length, ...label]).toString('hex')).join('')}`,
    )
    .map((labels) => `${labels.slice(0, 2 * 230)}`),
  type: fc.constantFrom('TXT', 'ANY', 'SOA', 'IXFR', 'A'),
});

t.test('whatever comes is answered within its allowance, or not at all', async (t) => {
  const zones = [zone, zoneWith([])];
  const within = (message: Buffer) => {
    for (const of of zones) {
      const response = responseTo(message, of);
      if (response.to === 'nobody') {
        assert.ok(message.length < 12 || (message[2] ?? 0) >= 0x80);
        continue;
      }
      assert.equal(response.to, 'query');
      if (response.to !== 'query') continue;
      const { bytes } = response.answer;
      assert.ok(bytes.length <= Math.max(512, Math.min(MOST_UDP, response.query?.edns?.size ?? 0)));
      assert.ok((bytes[2] ?? 0) >= 0x80, 'it is a response, which nobody answers');
      assert.ok(bytes.subarray(0, 2).equals(message.subarray(0, 2)));
      if (response.query === undefined) assert.equal(bytes.length, 12);
    }
  };
  holds(
    t,
    fc.property(octets, (bytes) => within(Buffer.from(bytes))),
  );
  holds(
    t,
    fc.property(asked, octets, fc.nat(20), (asked, noise, at) => {
      const suffix = questionOf({ name: FACTS.name, type: asked.type }).toString('hex').slice(0, -8);
      const message = queryFor({ ...asked, wire: `${asked.wire}${suffix}` });
      within(message);
      Buffer.from(noise).copy(message, at);
      within(message);
      within(message.subarray(0, message.length - at));
    }),
  );
});

t.test('so it is with what is signed, or pretends to be', async (t) => {
  const key = tsigKey(TSIG_KEY.name, TSIG_KEY.algorithm, Buffer.from(TSIG_KEY.secret, 'base64'));
  const types = fc.constantFrom('TXT', 'SOA', 'AXFR', 'ANY');
  const names = fc.constantFrom(FACTS.name, `example.com._acme-challenge.${FACTS.name}`, 'example.com');
  const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 });
  const sizes = fc.constantFrom(undefined, { size: 512 }, { size: 4096 });
  holds(
    t,
    fc.property(names, types, sizes, changes, fc.boolean(), (name, type, edns, changes, isCut) => {
      const { message } = signRequest(queryFor({ name, type, ...(edns && { edns }) }), key, 0);
      for (const [at, value] of changes) if (at < message.length) message[at] = value;
      const sent = isCut ? message.subarray(0, -changes.length || undefined) : message;
      for (const keys of [[key], []]) {
        const response = respond({ zone, keys }, sent, 'udp', 0);
        if (response.to === 'nobody') continue;
        assert.equal(response.to, 'query');
        if (response.to !== 'query') continue;
        const { bytes } = response.answer;
        const allowed = Math.min(MOST_UDP, Math.max(512, response.query?.edns?.size ?? 0));
        assert.ok(bytes.length <= Math.max(allowed, sent.length), `${bytes.length} octets`);
      }
    }),
  );
});
