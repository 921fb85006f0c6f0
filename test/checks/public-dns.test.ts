import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { CaaAnswer } from '../../src/certs/caa.ts';
import type { Answer } from '../../src/checks/observation.ts';
import type { MxRecord } from '../../src/checks/public-dns.ts';
import { readCases } from '../cases.ts';
import { startInternet } from '../peers/internet.ts';
import type { Questions } from './ask-dns.ts';

const ASK = fileURLToPath(new URL('ask-dns.ts', import.meta.url));
const SILENT = '10.88.0.30';
const RESOLVER = '10.88.0.53';

interface Told {
  readonly ipv4: Answer<string>;
  readonly ipv6: Answer<string>;
  readonly aliases: Answer<string>;
  readonly caa: CaaAnswer;
  readonly mx: Answer<MxRecord>;
  readonly txt: Answer<readonly string[]>;
}

/** Records, or why there is no answer. */
type Expected = readonly string[] | string;

interface Cases {
  readonly zones: readonly string[];
  readonly records: readonly (readonly [name: string, type: string, value: string])[];
  readonly answers: Readonly<
    Record<
      string,
      {
        ipv4?: Expected;
        ipv6?: Expected;
        aliases?: Expected;
        caa?: CaaAnswer;
        mx?: Expected;
        txt?: Expected;
      }
    >
  >;
}
const cases = readCases<Cases>('public-dns.yaml', import.meta);

const records = cases.records.map(([name, type, value]) => ({ name, type, value }));
const internet = await startInternet({ zones: cases.zones, records });
t.teardown(() => internet.close());
const here = await internet.host('here', 20);
const silent = await internet.host('silent', 30);
const mute = "require('dgram').createSocket('udp4').bind(53, () => console.log('mute'))";
await silent.spawn(process.execPath, ['-e', mute]).line(/mute/);

async function ask(questions: Questions): Promise<readonly Told[] | string> {
  return JSON.parse(await here.run(process.execPath, [ASK, JSON.stringify(questions)]));
}

t.test('what DNS says, told apart', async (t) => {
  const names = Object.keys(cases.answers);
  const told = await ask({ timeout: 20_000, names });
  for (const [index, name] of names.entries()) {
    const expected = cases.answers[name] ?? {};
    const { ipv4 = [], ipv6 = [], aliases = [], caa = { records: [] }, mx = [], txt = [] } = expected;
    const found = told[index] as Told;
    t.same(
      {
        ...found,
        caa: sorted(found.caa),
        ipv4: plain(found.ipv4),
        ipv6: plain(found.ipv6),
        aliases: inOrder(found.aliases),
        mx: inOrder(found.mx, ({ preference, exchange }) => `${preference} ${exchange}`),
        txt: plain(found.txt, (strings) => strings.join('|')),
      },
      { name, ipv4, ipv6, aliases, caa, mx, txt },
      name,
    );
  }
});

t.test('a resolver that does not answer', async (t) => {
  const failed = { outcome: 'failed', why: 'no answer in time' };
  const [told] = await ask({ servers: [SILENT], timeout: 600, names: ['both.test'] });
  t.match(told, { ipv4: failed, ipv6: failed, aliases: failed, caa: 'failed', mx: failed, txt: failed });
});

t.test('a second resolver where the first does not answer', async (t) => {
  const [told] = await ask({
    servers: [SILENT, `${RESOLVER}:53`],
    timeout: 9000,
    names: ['oneaddress.test'],
  });
  t.match(told, { ipv4: { outcome: 'none' }, ipv6: { outcome: 'found', records: ['2001:db8::2'] } });
});

t.test('a resolver that is not there', async (t) => {
  const [told] = await ask({ servers: ['10.88.0.20'], timeout: 2000, names: ['both.test'] });
  t.match(told, { ipv4: { outcome: 'failed' }, aliases: { outcome: 'failed' }, caa: 'failed' });
});

t.test('questions that are given up', async (t) => {
  t.equal(await ask({ servers: [SILENT], timeout: 60_000, abort: 300, names: ['both.test'] }), 'given up');
  t.equal(await ask({ timeout: 60_000, abort: 0, names: ['broken.test'] }), 'given up');
});

/** Servers rotate what they answer. */
function plain<T>(answer: Answer<T>, text: (record: T) => string = String): Expected {
  const records = inOrder(answer, text);
  return typeof records === 'string' ? records : records.toSorted();
}

function inOrder<T>(answer: Answer<T>, text: (record: T) => string = String): Expected {
  if (answer.outcome === 'failed') return answer.why;
  return answer.outcome === 'found' ? answer.records.map(text) : [];
}

function sorted(answer: CaaAnswer): CaaAnswer {
  if (answer === 'failed') return answer;
  const records = answer.records.toSorted((one, other) =>
    one.tag + one.value < other.tag + other.value ? -1 : 1,
  );
  return { ...answer, records };
}
