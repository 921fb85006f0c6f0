import { join } from 'node:path';
import t from 'tap';
import { openAnnounced } from '../../src/store/files/announced-file.ts';
import { eventually } from '../peers/eventually.ts';
import { startKnot } from '../peers/knot.ts';
import { Network } from '../peers/network.ts';
import { startPostseal } from '../peers/postseal.ts';
import { startUnbound } from '../peers/unbound.ts';

// A tenant's pointer leads from its own zone through a delegation to our server, and a resolver that validates, asks in
// random letter case and shows servers as little of names as it can follows it.

t.setTimeout(180_000);

const SERVICE = 'sts.postseal.test';
const ZONE = `z.${SERVICE}`;
const network = await Network.start();
t.teardown(() => network.close());
const dns = await network.host('dns', 53, 54);
const [resolverAddress = '', authority = ''] = dns.ipv4;
const host = await network.host('postseal', 20, 21);
const [address = ''] = host.ipv4;
const [address6 = ''] = host.ipv6;

await startKnot(dns, {
  address: authority,
  zones: ['test'],
  records: [
    { name: SERVICE, type: 'A', value: address },
    { name: SERVICE, type: 'AAAA', value: address6 },
    { name: ZONE, type: 'NS', value: `${SERVICE}.` },
    { name: '_mta-sts.kept.test', type: 'CNAME', value: `kept.test._mta-sts.${ZONE}.` },
    { name: '_mta-sts.other.test', type: 'CNAME', value: `other.test._mta-sts.${ZONE}.` },
    { name: '_smtp._tls.kept.test', type: 'CNAME', value: `kept.test._tlsrpt.${ZONE}.` },
  ],
  signs: true,
});
const anchor = await eventually('the key of the root', async () => {
  const keys = await dns.run('dig', [`@${authority}`, '.', 'DNSKEY', '+short']);
  const key = keys.split('\n').find((line) => line.startsWith('257 '));
  return key && `. 3600 IN DNSKEY ${key}`;
});
const unbound = await startUnbound(dns, {
  address: resolverAddress,
  root: authority,
  cacheSeconds: 60,
  anchor,
});

const folder = await host.folder('postseal');
const store = openAnnounced(join(folder, 'state'));
const text = 'v=TLSRPTv1; rua=mailto:reports@example.test';
store.record({
  serial: 1,
  sets: [
    { name: 'kept.test._mta-sts', values: ['v=STSv1; id=1;'], ttl: 300 },
    { name: 'kept.test._tlsrpt', values: [text, 'x'.repeat(1500)], ttl: 300 },
  ],
});
store.close();
await startPostseal(host, {
  serviceName: SERVICE,
  env: { POSTSEAL_LISTEN_DNS: '[::]:53', POSTSEAL_DNS_ANNOUNCE: 'manual' },
});

async function asked(...question: readonly string[]): Promise<string> {
  return dns.run('dig', [`@${resolverAddress}`, ...question, '+tries=3', '+time=8', '+dnssec']);
}

t.test('the resolver validates', async (t) => {
  for (const name of ['.', 'test', '_mta-sts.none.test']) {
    t.match(await asked(name, 'SOA'), /;; flags: qr rd ra ad;/, name);
  }
});

t.test('a pointer leads to the text', async (t) => {
  const answer = await asked('_mta-sts.kept.test', 'TXT');
  t.match(answer, /status: NOERROR/);
  t.match(answer, /^kept\.test\._mta-sts\.z\.sts\.postseal\.test\.\s+\d+\s+IN\s+TXT\s+"v=STSv1; id=1;"$/m);
});

t.test('a text too long for UDP is had over TCP', async (t) => {
  const answer = await asked('_smtp._tls.kept.test', 'TXT', '+tcp');
  t.match(answer, /status: NOERROR/);
  t.match(answer, `"${text}"`);
});

t.test('what is not there is denied, and what is above it is not', async (t) => {
  t.match(await asked('_mta-sts.other.test', 'TXT'), /status: NXDOMAIN/);
  t.match(await asked(`test._mta-sts.${ZONE}`, 'TXT'), /status: NOERROR.*ANSWER: 0, AUTHORITY: 1/s);
  t.match(
    await asked('_mta-sts.kept.test', 'TXT'),
    /"v=STSv1; id=1;"/,
    'what is below it is found all the same',
  );
});

t.test('letter case came back as it was sent, and no server was lame', async (t) => {
  const doubts = unbound.lines.filter((line) => /capsforid|lame|SERVFAIL|malformed|FORMERR/i.test(line));
  t.same(doubts, []);
  t.ok(unbound.lines.some((line) => line.includes(ZONE)));
});

t.test('the answer comes from the address that was asked', async (t) => {
  for (const to of [...host.ipv4, ...host.ipv6]) {
    const answer = await dns.run('dig', [`@${to}`, ZONE, 'SOA', '+tries=3', '+time=8']);
    t.match(answer, new RegExp(`SERVER: ${to.replaceAll('.', '\\.')}#53`));
    t.match(answer, /status: NOERROR/);
  }
});
