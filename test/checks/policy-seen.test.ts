import t from 'tap';
import type { Answer } from '../../src/checks/observation.ts';
import { fetchedOf, type PolicySeen, wrongIn } from '../../src/checks/policy-seen.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { readCases } from '../cases.ts';

interface Cases {
  readonly answers: readonly {
    why: string;
    status?: number;
    headers?: Readonly<Record<string, string>>;
    body?: string;
    wrong: string | null;
  }[];
  readonly hosts: readonly {
    why: string;
    places: Readonly<Record<string, PolicySeen>>;
    ipv4?: 'failed';
    fetched: string;
    says?: string;
    remedy?: string;
  }[];
}
const cases = readCases<Cases>('policy-seen.yaml', import.meta);
const TEXT = 'version: STSv1\r\nmode: none\r\nmax_age: 1\r\n';

t.test('what a strict sender takes for a policy (RFC 8461 section 3.3)', async (t) => {
  for (const { why, wrong, ...given } of cases.answers) {
    const { status = 200, headers = { 'content-type': 'text/plain' }, body = TEXT } = given;
    const found = wrongIn({ status, headers, body: Buffer.from(body) }, TEXT);
    if (wrong === null) t.equal(found, undefined, why);
    else t.ok(found?.includes(wrong), `${why}: ${found}`);
  }
});

t.test('what all addresses of a host come to', async (t) => {
  for (const { why, places, ipv4, fetched, says = '', remedy = '' } of cases.hosts) {
    const addresses = Object.keys(places);
    const answer: Answer<string> =
      addresses.length > 0 ? { outcome: 'found', records: addresses } : { outcome: 'none' };
    const seen = {
      host: 'mta-sts.example.test' as Hostname,
      serviceName: 'sts.example.net',
      addresses: {
        ipv4: ipv4 === 'failed' ? ({ outcome: 'failed', why: 'SERVFAIL' } as const) : answer,
        ipv6: { outcome: 'none' } as const,
      },
      places: addresses.flatMap((address) =>
        places[address] === undefined ? [] : [{ address, seen: places[address] }],
      ),
    };
    const found = fetchedOf(seen);
    t.equal(found.fetched, fetched, why);
    if (found.fetched === 'same') continue;
    t.ok(found.why.includes(says), `${why}: ${found.why}`);
    t.ok(found.remedy.includes(remedy), `${why}: ${found.remedy}`);
  }
});
