import t from 'tap';
import { stringify } from 'yaml';
import { parsePolicyDomain } from '../../src/names/hostname.ts';
import { openPublications } from '../../src/store/files/publication-file.ts';
import { goodValue } from '../cases.ts';
import { startInternet } from '../peers/internet.ts';
import { startMtaStsResolver } from '../peers/mta-sts-resolver.ts';
import { type Postseal, startPostseal } from '../peers/postseal.ts';

// Two operators in a small internet: one whose Postseal announces in a zone of its own, and one who sets records by
// hand. The resolver keeps answers for hours, until it is made to forget them: nothing here depends on time.

const OWN = 'sts.own.test';
const HAND = 'sts.hand.test';
const NEVER = 3600;

t.setTimeout(400_000);

interface Told {
  readonly domain: string;
  readonly id: string;
  readonly stage: string;
  readonly why?: string;
  readonly remedy?: string;
}

const internet = await startInternet({
  zones: [OWN, HAND, 'pointed.test', 'manual.test'],
  cacheSeconds: NEVER,
});
t.teardown(() => internet.close());
const ownHost = await internet.host('own', 20);
const handHost = await internet.host('hand', 21);
await internet.dns.put(
  { name: OWN, type: 'A', value: ownHost.address },
  { name: HAND, type: 'A', value: handHost.address },
  { name: `z.${OWN}`, type: 'NS', value: `${OWN}.` },
);
const own = await startPostseal(ownHost, {
  serviceName: OWN,
  tenants: new Map([['pointed.test', documentOf('pointed.test', 'a')]]),
  env: { POSTSEAL_LISTEN_DNS: `${ownHost.address}:53` },
});
const hand = await startPostseal(handHost, {
  serviceName: HAND,
  tenants: new Map([['manual.test', documentOf('manual.test', 'a')]]),
});

t.test('a tenant that points here once has its ids announced', async (t) => {
  const early = await told(own, 'pointed.test', ({ why }) => /no address in DNS/.test(why ?? ''));
  t.equal(early.stage, 'serving', 'it is served, and can not be fetched');
  t.match(early.remedy, `mta-sts.pointed.test. IN CNAME ${OWN}.`);
  const records = await own.records('pointed.test');
  t.strictSame(records, [
    { name: 'mta-sts.pointed.test', type: 'CNAME', value: OWN },
    { name: '_mta-sts.pointed.test', type: 'CNAME', value: `pointed.test._mta-sts.z.${OWN}` },
  ]);
  t.equal(await txt('_mta-sts.pointed.test'), '', 'no id is there before the policy can be fetched');
  await internet.dns.put(...records);
  await internet.resolver.forget();
  wake(own, 'pointed.test');
  // The look before it let the resolver keep that there is nothing.
  await told(own, 'pointed.test', ({ stage }) => stage === 'announced' || stage === 'observed');
  await internet.resolver.forget();
  wake(own, 'pointed.test');
  const seen = await observed(own, 'pointed.test');
  t.equal(await txt('_mta-sts.pointed.test'), `"v=STSv1; id=${seen.id};"`);
});

t.test('A, B and A again, while what was the first id is kept by a resolver', async (t) => {
  const domain = 'pointed.test';
  const sendingHost = await internet.host('sender', 40);
  const knowing = await startMtaStsResolver(sendingHost, own.localRoot);
  const laterHost = await internet.host('later', 41);
  const later = await startMtaStsResolver(laterHost, own.localRoot);
  await internet.resolver.forget();
  t.match(await knowing.query(domain), /match=a\.pointed\.test /);
  const first = knowing.cached(domain)?.id;

  await served(own, domain, 'b');
  t.match(await later.query(domain), /match=b\.pointed\.test /, 'who comes now finds B');
  t.equal(later.cached(domain)?.id, first, 'under the id of A, which its resolver still has');

  await served(own, domain, 'a');
  t.match(
    await later.query(domain),
    /match=b\.pointed\.test /,
    'and keeps it for as long as that id is there',
  );
  const third = await told(own, domain, ({ why }) => /public DNS still shows/.test(why ?? ''), 2);
  await internet.resolver.forget();
  for (const sender of [knowing, later]) {
    t.match(await sender.query(domain), /match=a\.pointed\.test /, 'it ends with A');
    t.equal(sender.cached(domain)?.id, third.id, 'under an id that never stood for B');
  }
  t.not(third.id, first);
});

t.test('by hand: told what to set, once it may be set, and seen when it is', async (t) => {
  const [host] = await hand.records('manual.test');
  await internet.resolver.forget();
  if (host !== undefined) await internet.dns.put(host);
  wake(hand, 'manual.test');
  const asked = await told(hand, 'manual.test', ({ remedy }) => /^Set this record/.test(remedy ?? ''));
  t.equal(asked.stage, 'serving');
  t.equal(asked.remedy, `Set this record: _mta-sts.manual.test. IN TXT "v=STSv1; id=${asked.id};"`);
  const [, record] = await hand.records('manual.test');
  t.strictSame(record, { name: '_mta-sts.manual.test', type: 'TXT', value: `v=STSv1; id=${asked.id};` });
  if (record !== undefined) await internet.dns.put(record);
  await internet.resolver.forget();
  wake(hand, 'manual.test');
  t.equal((await observed(hand, 'manual.test')).id, asked.id);
});

t.test('somebody edits the record: told where a person sets it', async (t) => {
  const { id } = await observed(hand, 'manual.test');
  await internet.dns.put({ name: '_mta-sts.manual.test', type: 'TXT', value: 'v=STSv1; id=another1;' });
  wake(hand, 'manual.test');
  const drifted = await told(hand, 'manual.test', ({ why }) => /shows another1/.test(why ?? ''));
  t.match(drifted, {
    stage: 'serving',
    remedy: `Set this record: _mta-sts.manual.test. IN TXT "v=STSv1; id=${id};"`,
  });
  await internet.dns.put({ name: '_mta-sts.manual.test', type: 'TXT', value: `v=STSv1; id=${id};` });
  await internet.resolver.forget();
  const before = events(hand, 'manual.test').length;
  wake(hand, 'manual.test');
  await told(hand, 'manual.test', ({ stage }) => stage === 'observed', before);
});

t.test(
  'while DNS does not answer nothing is announced, and the change goes on by itself after',
  async (t) => {
    const before = events(hand, 'manual.test').length;
    internet.resolver.pause();
    await served(hand, 'manual.test', 'b');
    const stuck = await told(hand, 'manual.test', ({ why }) => /DNS does not tell/.test(why ?? ''), before);
    t.equal(stuck.stage, 'serving');
    const [, record] = await hand.records('manual.test');
    t.not(record?.value, `v=STSv1; id=${stuck.id};`, 'the id before stays the one to have in DNS');
    internet.resolver.goOn();
    wake(hand, 'manual.test');
    const asked = await told(
      hand,
      'manual.test',
      ({ remedy }) => /^Set this record/.test(remedy ?? ''),
      before,
    );
    t.equal(asked.id, stuck.id);
  },
);

/** What the log tells of a domain's publication. */
function events({ program }: Postseal, domain: string): Told[] {
  const lines = program.lines.filter((line) => line.includes('"event":"publication"'));
  return lines.map((line): Told => JSON.parse(line)).filter((each) => each.domain === domain);
}

/** Waits for an event of a domain that is not among the first `from` ones. */
function told(postseal: Postseal, domain: string, is: (event: Told) => boolean, from = 0): Promise<Told> {
  const found = () => events(postseal, domain).slice(from).find(is);
  return postseal.program.until(`what is told of ${domain}`, found, 60);
}

function observed(postseal: Postseal, domain: string): Promise<Told> {
  return told(postseal, domain, ({ stage, why }) => stage === 'observed' && why === undefined);
}

/** Changes the policy, and waits until it is served. */
async function served(postseal: Postseal, domain: string, mx: string): Promise<void> {
  await postseal.writeTenant(domain, documentOf(domain, mx));
  const url = `https://mta-sts.${domain}/.well-known/mta-sts.txt`;
  const host = postseal === own ? ownHost : handHost;
  const { address } = host;
  await postseal.program.until(`${mx} to be served`, async () => {
    const resolve = ['--resolve', `mta-sts.${domain}:443:${address}`];
    const answer = await host.attempt('curl', ['-s', '--cacert', postseal.localRoot, ...resolve, url]);
    return answer.stdout.includes(`mx: ${mx}.${domain}\r\n`);
  });
}

/** Lets a publication be looked at now, rather than within a day. */
function wake({ folders }: Postseal, domain: string): void {
  const publications = openPublications(folders.state);
  publications.wake([goodValue(parsePolicyDomain(domain))]);
  publications.close();
}

/** What the resolver's clients find. */
async function txt(name: string): Promise<string> {
  await internet.resolver.forget();
  const answer = await ownHost.run('dig', ['+short', 'TXT', name]);
  return answer.trim().split('\n').at(-1) ?? '';
}

function documentOf(domain: string, mx: string): string {
  return stringify({ domain, policy: { mode: 'enforce', max_age: 604800, mx: [`${mx}.${domain}`] } });
}
