import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import fc from 'fast-check';
import t from 'tap';
import { TYPE } from '../../src/dns/codes.ts';
import { readResponse } from '../../src/dns/response.ts';
import { encodeUpdate, txtData, txtText } from '../../src/dns/update.ts';
import { nameToWire, readWireName, wireToText } from '../../src/dns/wire-name.ts';
import { startLoopback } from '../peers/loopback.ts';
import { holds } from '../property.ts';

const loopback = await startLoopback();
t.teardown(() => loopback.close());

t.test('an update says what nsupdate says', async (t) => {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const commands = [
    `server 127.0.0.1 ${server.address().port}`,
    'zone z.sts.test',
    'prereq nxrrset a.z.sts.test CNAME',
    'prereq yxrrset b.z.sts.test TXT',
    'prereq yxrrset a.z.sts.test TXT "one" "two"',
    'update delete a.z.sts.test TXT',
    'update add a.z.sts.test 300 TXT "v=STSv1; id=1;"',
    'send\n',
  ];
  const sent = once(server, 'message') as Promise<[Buffer, { port: number }]>;
  const client = loopback.host.attempt('nsupdate', ['-t', '20'], { input: commands.join('\n') });
  const [bytes, from] = await sent;
  const answer = Buffer.from(bytes.subarray(0, 12)).fill(0, 4);
  answer[2] = (answer[2] ?? 0) | 0x80;
  server.send(answer, from.port, '127.0.0.1');
  t.match(await client, { code: 0 });
  const zone = 'z.sts.test';
  const name = `a.${zone}`;
  const own = encodeUpdate({
    id: bytes.readUInt16BE(0),
    zone,
    prerequisites: [
      { require: 'no-set', name, type: 5 },
      { require: 'set', name: `b.${zone}`, type: TYPE.TXT },
      { require: 'exactly', name, type: TYPE.TXT, data: [Buffer.from('\x03one\x03two')] },
    ],
    changes: [
      { do: 'delete-set', name, type: TYPE.TXT },
      { do: 'add', name, type: TYPE.TXT, ttl: 300, data: txtData('v=STSv1; id=1;') },
    ],
  });
  t.same(records(own), records(bytes));
  t.equal(own.readUInt16BE(2), bytes.readUInt16BE(2));
});

t.test('texts and their strings', async (t) => {
  const ascii = fc.string({
    unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)),
    maxLength: 1000,
  });
  holds(
    t,
    fc.property(ascii, (text) => assert.equal(txtText(txtData(text)), text)),
  );
  t.equal(txtText(Buffer.from('\x05abc')), undefined, 'a string that breaks off');
  t.same(txtData(''), Buffer.from([0]));
  t.same(txtData('x'.repeat(256)).length, 258);
});

t.test('names and their bytes', async (t) => {
  const label = fc.stringMatching(/^[a-z\d_*-]{1,63}$/);
  const names = fc
    .array(label, { minLength: 1, maxLength: 4 })
    .map((labels) => labels.join('.'))
    .filter(({ length }) => length < 254);
  holds(
    t,
    fc.property(names, (name) => {
      assert.equal(wireToText(nameToWire(name)), name);
      assert.deepEqual(nameToWire(`${name}.`), nameToWire(name));
      const wire = nameToWire(name);
      assert.deepEqual(readWireName(wire, 0), { wire, end: wire.length, compressed: false });
    }),
  );
  t.equal(wireToText(nameToWire('')), '.');
  t.equal(wireToText(Buffer.from('\x03a.\x00\x00', 'latin1')), 'a\\046\\000');
  const loop = Buffer.from([1, 97, 0xc0, 0]);
  t.equal(readWireName(loop, 0), undefined, 'a pointer to itself');
  t.equal(readWireName(loop, 2), undefined);
  t.match(readWireName(Buffer.from([1, 97, 0, 0xc0, 0]), 3), { end: 5, compressed: true });
  for (const bad of ['a..b', '.a', 'x'.repeat(64), Array(64).fill('abc').join('.')]) {
    t.throws(() => nameToWire(bad), RangeError, bad);
  }
});

t.test('arbitrary bytes are read or not, and no error', async (t) => {
  holds(
    t,
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      readResponse(Buffer.from(bytes));
    }),
  );
});

/** The prerequisites and changes of an update. */
function records(message: Buffer) {
  const { answers, authorities } = readResponse(message) ?? {};
  return { answers, authorities };
}
