import t from 'tap';
import { formatReportRecord, parseReportUris } from '../../src/tlsrpt/record.ts';
import { goodValue, readCases } from '../cases.ts';

interface Cases {
  readonly good: readonly { given: string; record: string }[];
  readonly bad: readonly { given: string; says: string }[];
}
const cases = readCases<Cases>('record.yaml', import.meta);

t.test('receivers of TLS reports and the record that names them', async (t) => {
  for (const { given, record } of cases.good) {
    t.equal(formatReportRecord(goodValue(parseReportUris(given)), 'example.com'), record);
    // RFC 8460 section 3: tlsrpt-record, with what it takes from RFC 3986 for a URI.
    t.match(record, /^v=TLSRPTv1; rua=[a-z]+:[!-+\--:<-~]+(,[a-z]+:[!-+\--:<-~]+)*$/i);
  }
  t.equal(formatReportRecord([], 'example.com'), undefined, 'where none are wanted, there is no record');
});

t.test('what is no receiver of reports', async (t) => {
  for (const { given, says } of cases.bad) {
    const uris = parseReportUris(given);
    t.equal(uris.ok, false, given);
    if (uris.ok) continue;
    t.ok(
      uris.flaws.some(({ message, remedy }) => `${message}. ${remedy}`.includes(says)),
      `${given}: ${JSON.stringify(uris.flaws)}`,
    );
    t.equal(uris.flaws[0]?.rfc, 'RFC 8460 section 3');
  }
});
