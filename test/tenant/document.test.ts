import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { Parsed } from '../../src/flaws/flaw.ts';
import { type Hostname, parsePolicyDomain } from '../../src/names/hostname.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { readYaml } from '../../src/store/files/yaml.ts';
import { readDocument } from '../../src/tenant/document.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { type ExpectedFlaw, goodValue, readCases } from '../cases.ts';
import { policies } from '../policy/arbitraries.ts';
import { holds } from '../property.ts';

interface Written {
  readonly why?: string;
  readonly text: string;
  readonly domain?: string;
}
interface Cases {
  readonly good: readonly (Written & { policy: Policy; labels: Record<string, string> })[];
  readonly bad: readonly (Written & { flaws: readonly (ExpectedFlaw & { at: string })[] })[];
  readonly bytes: readonly { why: string; base64: string; says: string }[];
}
const cases = readCases<Cases>('documents.yaml', import.meta);

t.test('documents as people write them', async (t) => {
  for (const { why, text, domain = 'example.com', policy, labels } of cases.good) {
    t.strictSame(read(text, domain), { ok: true, value: { domain, policy, labels } }, why ?? text);
  }
});

t.test('what is no document, every flaw with its place and remedy', async (t) => {
  for (const { why, text, domain = 'example.com', flaws } of cases.bad) {
    const tenant = read(text, domain);
    const found = tenant.ok ? [] : tenant.flaws;
    const shown = found.map(({ path, line, column, message }, index) => {
      const says = flaws[index]?.says ?? message;
      return { path, at: `${line}:${column}`, says: message.includes(says) ? says : message };
    });
    t.strictSame(shown, flaws, why ?? text);
    t.ok(found.every(({ remedy }) => remedy !== ''));
  }
});

t.test('bytes that are no UTF-8', async (t) => {
  for (const { why, base64, says } of cases.bytes) {
    const yaml = readYaml(Buffer.from(base64, 'base64'));
    t.match(yaml, { ok: false, flaws: [{ message: says, line: 1, column: 1 }] }, why);
  }
});

t.test('hostile documents are flawed, and soon so', async (t) => {
  const length = 256 * 1024;
  for (const part of [
    '[',
    '{a: ',
    '- ',
    '? ',
    ': ',
    'a: [',
    '[]',
    '}',
    '"',
    '*a ',
    '&a ',
    '!a ',
    '---\n',
    '%A\n',
  ]) {
    const yaml = readYaml(Buffer.from(part.repeat(length / part.length)));
    const found = yaml.ok ? [] : yaml.flaws;
    t.ok(found.length > 0 && found.length <= 20, `${JSON.stringify(part)}, ${found.length} flaws`);
    t.notMatch(found.map(({ message }) => message).join(), /call stack/);
  }
  const bomb = [
    'a: &a [x, x]',
    ...[...'bcdefghij'].map((key, index) => `${key}: &${key} [*${'abcdefghi'[index]}]`),
  ];
  t.match(readYaml(Buffer.from(bomb.join('\n'))), { ok: false });
  const keys = Array.from({ length: 30_000 }, (_, index) => `k${index}:\n`).join('');
  t.match(read(`domain: example.com\npolicy: { mode: none, max_age: 1 }\n${keys}`, 'example.com'), {
    ok: false,
    flaws: { length: 100, 0: { path: 'k0', message: 'Unknown key', line: 3 } },
  });
  const hosts = Array.from({ length: 10_000 }, () => 'a_b.c').join();
  t.match(read(`domain: example.com\npolicy: { mode: none, max_age: 1, mx: [${hosts}] }\n`, 'example.com'), {
    ok: false,
    flaws: { length: 100 },
  });
  const fits = Array.from({ length: 3_000 }, (_, index) => `mx${index}.a-long-name.example.com`).join();
  t.match(read(`domain: example.com\npolicy: { mode: none, max_age: 1, mx: [${fits}] }\n`, 'example.com'), {
    ok: false,
    flaws: [{ path: 'policy', message: 'octets', line: 2 }],
  });
});

t.test('any text is a document or has flaws with a place', async (t) => {
  const line = fc.constantFrom(
    'domain: example.com',
    'policy:',
    '  mode: none',
    '  max_age: 1',
    '- a',
    'x: [',
    '"',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.oneof(line, fc.string()), { maxLength: 8 }).map((lines) => lines.join('\n')),
  );
  holds(
    t,
    fc.property(text, (written) => {
      const tenant = read(written, 'example.com');
      assert.ok(tenant.ok || tenant.flaws.length > 0);
      const lines = written.split('\n').length;
      if (!tenant.ok) {
        for (const { line = 0, column = 0 } of tenant.flaws)
          assert.ok(line >= 1 && line <= lines && column >= 1);
      }
    }),
  );
});

t.test('any value is a document or has flaws', async (t) => {
  const fields = fc.record({ mode: fc.anything(), max_age: fc.anything(), mx: fc.anything() });
  const value = fc.oneof(
    fc.anything(),
    fc.record({
      domain: fc.constantFrom('example.com', 1),
      policy: fc.oneof(fc.anything(), fields),
      labels: fc.anything(),
    }),
  );
  holds(
    t,
    fc.property(value, (found) => {
      const tenant = readDocument(found, 'example.com' as Hostname);
      assert.ok(tenant.ok || tenant.flaws.length > 0);
    }),
  );
});

t.test('every policy without extensions can be written as a document', async (t) => {
  holds(
    t,
    fc.property(policies(), ({ mode, max_age, mx }) => {
      const tenant = read(
        JSON.stringify({ domain: 'example.com', policy: { mode, max_age, mx } }),
        'example.com',
      );
      assert.deepEqual(goodValue(tenant).policy, { mode, max_age, mx, extensions: [] });
    }),
  );
});

function read(text: string, domain: string): Parsed<Tenant> {
  const yaml = readYaml(Buffer.from(text));
  if (!yaml.ok) return yaml;
  const tenant = readDocument(yaml.value.value, goodValue(parsePolicyDomain(domain)));
  return tenant.ok ? tenant : { ok: false, flaws: tenant.flaws.map(yaml.value.locate) };
}
