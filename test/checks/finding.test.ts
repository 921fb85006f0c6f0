import assert from 'node:assert/strict';
import t from 'tap';
import type { CaaAnswer, CaaRecord } from '../../src/certs/caa.ts';
import { caaNames } from '../../src/certs/caa.ts';
import { CHALLENGE_TYPES, type ChallengeType } from '../../src/certs/issuer.ts';
import { decide, refuseName } from '../../src/checks/finding.ts';
import {
  type Answer,
  addressesOf,
  type CaToAsk,
  type Observation,
  type PathSeen,
  type Seen,
} from '../../src/checks/observation.ts';
import { parseHostname } from '../../src/names/hostname.ts';
import { goodValue, readCases } from '../cases.ts';

type Records = readonly string[] | 'failed';
type At = Readonly<Record<string, keyof typeof SEEN>> | 'reached';

interface Case {
  readonly about: string;
  readonly host?: string;
  readonly a?: Records;
  readonly aaaa?: Records;
  readonly aliases?: Records;
  readonly service?: Records;
  readonly http?: At;
  readonly tls?: At;
  readonly caa?: Readonly<Record<string, Records>>;
  readonly cas?: readonly { name: string; issuers: string[]; challenges?: ChallengeType[] }[];
  readonly found: string;
  readonly ways?: Readonly<Record<string, readonly string[]>>;
  readonly why?: string;
  readonly findings?: readonly { readonly says: string; readonly mend?: string; readonly record?: string }[];
}

const SEEN = {
  reached: { seen: 'reached' },
  other: { seen: 'other', who: 'a stranger' },
  closed: { seen: 'unreachable', why: 'connection refused', fromHere: false },
  'no-way': { seen: 'unreachable', why: 'this machine has no way there', fromHere: true },
} as const satisfies Readonly<Record<string, Seen>>;

const { cases } = readCases<{ cases: readonly Case[] }>('finding.yaml', import.meta);

for (const each of cases) {
  t.test(each.about, async (t) => {
    const { found, ways = { ca1: [] }, why, findings = [] } = each;
    const look = decide(observation(each));
    t.equal(look.found, found);
    t.same(look.ways, ways);
    if (why !== undefined) t.equal(look.why, why);
    t.same(
      look.findings.map(({ message, record }) => ({ message, record })),
      findings.map(({ says, record }, index) => {
        const message = look.findings[index]?.message;
        return { message: message?.includes(says) ? message : says, record };
      }),
    );
    for (const [index, { mend = '' }] of findings.entries()) {
      const { path, remedy } = look.findings[index] ?? {};
      t.ok(remedy?.includes(mend), `${remedy} has: ${mend}`);
      t.equal(path, each.host ?? 'mta-sts.example.com');
    }
    if (found !== 'good') t.equal(look.why, look.findings[0]?.message);
  });
}

t.test('a public suffix is no host to order for', async (t) => {
  const cas = [ca({ name: 'ca1', issuers: [] })];
  const suffix = goodValue(parseHostname('mta-sts.ck'));
  const refused = refuseName(suffix, cas);
  t.match(refused, { found: 'bad', ways: { ca1: [] }, why: /public suffix/ });
  t.match(refused?.findings, [{ path: 'mta-sts.ck', message: refused?.why }]);
  t.equal(refuseName(goodValue(parseHostname('mta-sts.example.com')), cas), undefined);
});

function observation(each: Case): Observation {
  const { a, aaaa, service, http, tls, caa = {} } = each;
  const host = goodValue(parseHostname(each.host ?? 'mta-sts.example.com'));
  const addresses = { ipv4: answer(a), ipv6: answer(aaaa) };
  const all = addressesOf(addresses);
  return {
    host,
    serviceName: 'sts.example.net',
    cas: (each.cas ?? [{ name: 'ca1', issuers: ['ca1.example.net'] }]).map(ca),
    addresses,
    aliases: answer(each.aliases),
    service: { ipv4: answer(service), ipv6: service === 'failed' ? answer('failed') : answer([]) },
    caa: new Map(caaNames(host).map((name) => [name, caaAnswer(caa[name] ?? [])])),
    paths: [...paths('http-01', http, all), ...paths('tls-alpn-01', tls, all)],
  };
}

function ca({ name, issuers, challenges }: NonNullable<Case['cas']>[number]): CaToAsk {
  return { name, caa: { issuers, account: undefined }, challenges: challenges ?? CHALLENGE_TYPES };
}

function answer(records: Records = []): Answer<string> {
  if (records === 'failed') return { outcome: 'failed', why: 'SERVFAIL' };
  return records.length > 0 ? { outcome: 'found', records } : { outcome: 'none' };
}

function paths(type: ChallengeType, at: At | undefined, addresses: readonly string[]): PathSeen[] {
  if (at === undefined) return [];
  return addresses.map((address) => {
    const seen = at === 'reached' ? at : at[address];
    assert(seen !== undefined, `nothing said of ${address}`);
    return { type, address, answer: SEEN[seen] };
  });
}

function caaAnswer(records: Records): CaaAnswer {
  return records === 'failed' ? records : { records: records.map(caaRecord) };
}

function caaRecord(line: string): CaaRecord {
  const [, flags, tag, value] = /^(\d+) (\w+) "(.*)"$/.exec(line) ?? [];
  assert(tag !== undefined && value !== undefined, line);
  return { flags: Number(flags), tag, value };
}
