import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { LONGEST_ZONE, tenantName } from '../../src/dns/tenant-name.ts';
import { nameToWire } from '../../src/dns/wire-name.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { holds } from '../property.ts';
import { policyDomain } from '../tenant/revisions.ts';

const ZONE = 'z.sts.example.net';
const LABELS = ['_mta-sts', '_tlsrpt', '_acme-challenge'] as const;
const label = fc.stringMatching(/^[a-z\d]{1,63}$/);
const domain = fc
  .array(label, { minLength: 2, maxLength: 12 })
  .map((labels) => labels.join('.').slice(0, 240).replace(/\.$/, ''))
  .map((name) => name as Hostname);

t.test('a name tells the tenant, unless it would be too long', async (t) => {
  t.equal(tenantName(policyDomain('example.com'), '_mta-sts', ZONE), `example.com._mta-sts.${ZONE}`);
  const names = ['one.example', 'two.example'].map((end) =>
    tenantName(policyDomain(`${'a.'.repeat(110)}${end}`), '_mta-sts', ZONE),
  );
  for (const name of names) t.match(name, /^[\da-f]{40}\._mta-sts\.z\.sts\.example\.net$/);
  t.not(names[0], names[1]);
});

t.test('every name fits into DNS, in the longest zone too, and each tenant has its own', async (t) => {
  const longest = `${`${'z'.repeat(49)}.`.repeat(4)}`.slice(0, LONGEST_ZONE);
  holds(
    t,
    fc.property(domain, domain, fc.constantFrom(ZONE, longest), (one, other, zone) => {
      const names = [one, other].flatMap((each) => LABELS.map((label) => tenantName(each, label, zone)));
      for (const name of names) assert.ok(nameToWire(name).length <= 255);
      assert.equal(new Set(names).size, one === other ? LABELS.length : 2 * LABELS.length);
    }),
  );
});
