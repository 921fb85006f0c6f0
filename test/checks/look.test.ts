import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { Look } from '../../src/checks/finding.ts';
import { readCases } from '../cases.ts';
import { startInternet } from '../peers/internet.ts';
import type { LookingOut } from './look-out.ts';

// Looks from a host on which an edge answers, at hosts that lead there and to strangers, through real DNS.

const LOOK_OUT = fileURLToPath(new URL('look-out.ts', import.meta.url));
const STRANGER = fileURLToPath(new URL('stranger.ts', import.meta.url));

interface Cases {
  readonly strangers: Readonly<Record<string, string>>;
  readonly records: readonly (readonly [name: string, type: string, value: string])[];
  readonly looks: readonly {
    readonly host: string;
    readonly found: string;
    readonly ways?: readonly string[];
    readonly findings?: readonly { readonly says: string; readonly record?: string }[];
  }[];
}
const cases = readCases<Cases>('look.yaml', import.meta);

const records = cases.records.map(([name, type, value]) => ({ name, type, value }));
const internet = await startInternet({ zones: ['test'], records });
t.teardown(() => internet.close());
const numbers = Object.keys(cases.strangers).map(Number);
const us = await internet.host('us', 20);
const strangers = await internet.host('strangers', ...numbers);
await internet.host('closed', 40);
const kinds = numbers.flatMap((number, index) =>
  [strangers.ipv4[index], strangers.ipv6[index]].map((address) => `${address}=${cases.strangers[number]}`),
);
await strangers.spawn(process.execPath, [STRANGER, ...kinds]).line(/strangers listen/);

interface Told {
  readonly found: Readonly<Record<string, Look | string>>;
  /** Challenges on the board. */
  readonly left: number;
}

async function lookOut(hosts: readonly string[], options: Partial<LookingOut> = {}): Promise<Told> {
  const looking: LookingOut = {
    addresses: [...us.ipv4, ...us.ipv6],
    serviceName: 'sts.service.test',
    hosts,
    ...options,
  };
  return JSON.parse(await us.run(process.execPath, [LOOK_OUT, JSON.stringify(looking)]));
}

t.test('what each host is found to be', async (t) => {
  const told = await lookOut(cases.looks.map(({ host }) => host));
  t.equal(told.left, 0, 'no challenge is left');
  for (const { host, found, ways = [], findings = [] } of cases.looks) {
    const look = told.found[host] as Look;
    t.same({ found: look.found, ways: look.ways.ca }, { found, ways }, host);
    const said = look.findings.map(({ message, record }, index) => {
      const says = findings[index]?.says;
      return { says: says !== undefined && message.includes(says) ? says : message, record };
    });
    t.same(
      said,
      findings.map(({ says, record }) => ({ says, record })),
      host,
    );
  }
});

t.test('an edge that IPv6 does not reach', async (t) => {
  const { found } = await lookOut(['mta-sts.good.test'], { addresses: us.ipv4 });
  t.match(found['mta-sts.good.test'], {
    found: 'unclear',
    ways: { ca: [] },
    why: 'mta-sts.good.test leads to fd00:88::20, where port 80 can not be reached (connection refused), and port 443 can not be reached (connection refused)',
  });
});

t.test('only the challenge types that a CA is offered are tried', async (t) => {
  for (const type of ['http-01', 'tls-alpn-01'] as const) {
    const { found } = await lookOut(['mta-sts.good.test', 'mta-sts.closed.test'], { challenges: [type] });
    t.match(found['mta-sts.good.test'], { found: 'good', ways: { ca: [type] } });
    const { why } = found['mta-sts.closed.test'] as Look;
    t.match(why, type === 'http-01' ? /port 80/ : /port 443/);
    t.notMatch(why, type === 'http-01' ? /port 443/ : /port 80/);
  }
});

t.test('one challenge type is enough where it opens a way, and the others are tried where not', async (t) => {
  const both = ['mta-sts.good.test', 'mta-sts.method.test', 'mta-sts.closed.test'];
  const { found: whole } = await lookOut(both);
  const { found, left } = await lookOut(both, { enough: 'http-01' });
  t.same((found['mta-sts.good.test'] as Look).ways, { ca: ['http-01'] }, 'the other was not tried');
  t.match(found['mta-sts.method.test'], { found: 'good', ways: { ca: ['tls-alpn-01'] } }, 'CAA forbids it');
  t.same(found['mta-sts.closed.test'], whole['mta-sts.closed.test'], 'all is told where nothing is open');
  const other = await lookOut(['mta-sts.good.test'], { enough: 'tls-alpn-01', challenges: ['http-01'] });
  t.match(other.found['mta-sts.good.test'], { found: 'good', ways: { ca: ['http-01'] } }, 'not offered');
  t.equal(left + other.left, 0, 'no challenge is left');
});

t.test('looks that are given up leave nothing behind', async (t) => {
  const told = await lookOut(['mta-sts.mute.test', 'mta-sts.broken.test'], { abort: 1000 });
  t.equal(told.found['mta-sts.mute.test'], 'given up');
  t.equal(told.left, 0);
});
