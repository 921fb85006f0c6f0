import t from 'tap';
import type { PolicyId } from '../../src/policy/policy-id.ts';
import { selectRecord } from '../../src/policy/record.ts';
import { desiredRecords, zoneLine } from '../../src/tenant/records.ts';
import { policyDomain } from './revisions.ts';

const id = '20261122T190650Z5f3a9c1e' as PolicyId;

t.test('the records of a tenant, as values and as lines of a zone file', async (t) => {
  const records = desiredRecords(policyDomain('Bücher.example'), 'sts.example.net', id);
  t.strictSame(records, [
    { name: 'mta-sts.xn--bcher-kva.example', type: 'CNAME', value: 'sts.example.net' },
    { name: '_mta-sts.xn--bcher-kva.example', type: 'TXT', value: `v=STSv1; id=${id};` },
  ]);
  t.strictSame(records.map(zoneLine), [
    'mta-sts.xn--bcher-kva.example. IN CNAME sts.example.net.',
    `_mta-sts.xn--bcher-kva.example. IN TXT "v=STSv1; id=${id};"`,
  ]);
});

t.test('a sender finds the id in the record', async (t) => {
  const [, txt] = desiredRecords(policyDomain('example.com'), 'sts.example.net', id);
  t.match(selectRecord([[txt?.value ?? '']]), { found: 'record', record: { id } });
});
