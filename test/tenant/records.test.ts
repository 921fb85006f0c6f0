import t from 'tap';
import type { PolicyId } from '../../src/policy/policy-id.ts';
import { selectRecord } from '../../src/policy/record.ts';
import { formatRecords, RECORD_FORMATS } from '../../src/tenant/record-format.ts';
import { announcements, tenantRecords, zoneLine } from '../../src/tenant/records.ts';
import { parseReportUris } from '../../src/tlsrpt/record.ts';
import { goodValue, readCases } from '../cases.ts';
import { policyDomain } from './revisions.ts';

const id = '20261122T190650Z5f3a9c1e' as PolicyId;

interface Cases {
  readonly records: readonly {
    why: string;
    domain?: string;
    zone?: string;
    rua?: string;
    id?: null;
    lines: readonly string[];
    texts: readonly [name: string, text: string | null][];
  }[];
  readonly formats: readonly { format: (typeof RECORD_FORMATS)[number]; zone?: string; text: string }[];
}
const cases = readCases<Cases>('records.yaml', import.meta);

function schemeOf({ zone, rua }: { zone?: string | undefined; rua?: string | undefined }) {
  const reports = rua === undefined ? [] : goodValue(parseReportUris(rua));
  return { serviceName: 'sts.example.net', zone, reports, ttl: 300 };
}

t.test('what a tenant has in its own zone, and what is published for it', async (t) => {
  for (const { why, domain: name = 'example.com', lines, texts, ...given } of cases.records) {
    const domain = policyDomain(name);
    const known = given.id === null ? undefined : id;
    const scheme = schemeOf(given);
    t.strictSame(tenantRecords(domain, scheme, known).map(zoneLine), lines, why);
    const published = announcements(domain, scheme, known).map((each) => [each.name, each.text ?? null]);
    t.strictSame(published, texts, why);
  }
});

t.test('the texts stand where the pointers of the tenant lead', async (t) => {
  const scheme = schemeOf({ zone: 'z.sts.example.net', rua: 'mailto:a@example.net' });
  for (const name of ['example.com', `${'a.'.repeat(115)}example.com`]) {
    const domain = policyDomain(name);
    const pointers = tenantRecords(domain, scheme, id).slice(1);
    const published = announcements(domain, scheme, id).map((each) => each.name);
    t.same(new Set(pointers.map(({ value }) => value)), new Set(published));
  }
});

t.test('a sender finds the id in the record', async (t) => {
  const [, txt] = tenantRecords(policyDomain('example.com'), schemeOf({}), id);
  t.match(selectRecord([[txt?.value ?? '']]), { found: 'record', record: { id } });
});

t.test('a long text is made of several strings, which join to it', async (t) => {
  const rua = Array.from({ length: 12 }, (_, index) => `mailto:receiver${index}@reports.example.net`).join();
  const records = tenantRecords(policyDomain('example.com'), schemeOf({ rua }), id);
  const record = records.find(({ name }) => name === '_smtp._tls.example.com');
  const line = record === undefined ? '' : zoneLine(record);
  const strings = [...line.matchAll(/"([^"]*)"/g)].map(([, string = '']) => string);
  t.equal(strings.length, 2);
  t.ok(strings.every(({ length }) => length <= 255));
  t.equal(strings.join(''), `v=TLSRPTv1; rua=${rua}`);
});

t.test('the records in each format', async (t) => {
  t.same(new Set(cases.formats.map(({ format }) => format)), new Set(RECORD_FORMATS));
  for (const { format, text, ...given } of cases.formats) {
    const tenants = ['example.com', 'example.org'].map((name) => {
      const domain = policyDomain(name);
      return { domain, records: tenantRecords(domain, schemeOf(given), id) };
    });
    t.equal(formatRecords(tenants, format, 300), text);
  }
});
