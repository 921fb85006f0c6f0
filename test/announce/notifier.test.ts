import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { decode } from 'dns-packet';
import t from 'tap';
import { signResponse, tsigKey, verifyRequest } from '../../src/dns/tsig.ts';
import { FACTS } from '../dns/zone.ts';
import { eventually } from '../peers/eventually.ts';
import { TSIG_KEY } from '../peers/tsig-key.ts';
import { DnsSite } from './dns-site.ts';

t.setTimeout(120_000);

const key = tsigKey(TSIG_KEY.name, TSIG_KEY.algorithm, Buffer.from(TSIG_KEY.secret, 'base64'));
const QR = 0x80;

t.test('a NOTIFY is sent again until somebody who has the key answers it', async (t) => {
  const secondary = createSocket('udp4');
  t.teardown(() => secondary.close());
  secondary.bind(0, '127.0.0.1');
  await once(secondary, 'listening');
  const heard: Buffer[] = [];
  secondary.on('message', (message, from) => {
    heard.push(message);
    const verdict = verifyRequest(message, [key], Date.now());
    if (verdict.verdict !== 'good' || heard.length === 1) return;
    const answer = Buffer.from(verdict.message);
    answer.writeUInt8((answer[2] ?? 0) | QR, 2);
    // The second one is answered by somebody without the key.
    const bytes = heard.length === 2 ? answer : signResponse(answer, key, verdict.mac, Date.now()).message;
    secondary.send(bytes, from.port, from.address);
  });
  const site = await DnsSite.start(t, {
    count: 1,
    secondaries: [{ host: '127.0.0.1', port: secondary.address().port }],
    notifyWaits: [200, 200, 20_000, 200],
  });
  await site.announce('a.test._mta-sts', 'a');
  await eventually('the third NOTIFY', () => heard.length === 3);
  await pause(500);
  t.equal(heard.length, 3, 'and no other');
  t.same(site.notifier.problems, []);
  const [first = Buffer.alloc(0)] = heard;
  t.match(decode(first), { opcode: 'NOTIFY', questions: [{ name: FACTS.name, type: 'SOA' }] });
});

t.test('changes that come together are told of once, and a silent secondary is told of', async (t) => {
  const site = await DnsSite.start(t, {
    count: 1,
    // The discard port, where nobody listens.
    secondaries: [{ host: '127.0.0.1', port: 9 }],
    notifyWaits: [50, 50],
  });
  await Promise.all(['a', 'b'].map((name) => site.announce(`${name}.test._mta-sts`, 'x')));
  await eventually('trouble', () => site.notifier.problems.length === 1);
  t.match(site.notifier.problems[0], new RegExp(`port 9 did not answer .* serial ${site.serials.at(-1)}$`));
});
