import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { editDocument, newDocument } from '../../src/store/files/document-edit.ts';
import { understand } from '../../src/store/files/document-folder.ts';
import { readDocument } from '../../src/tenant/document.ts';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { goodValue, readCases } from '../cases.ts';
import { holds } from '../property.ts';
import { policyDomain } from '../tenant/revisions.ts';

const domain = policyDomain('example.com');
const NOTHING = { mode: 'none', max_age: 0, mx: [] as readonly string[] };

interface Cases {
  readonly edits: readonly { why: string; from: string; to: Wanted; gives: string | null }[];
}
interface Wanted {
  readonly mode?: string;
  readonly max_age?: number;
  readonly mx?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}
const cases = readCases<Cases>('document-edit.yaml', import.meta);

t.test('documents as people write them, edited', async (t) => {
  for (const { why, from, to, gives } of cases.edits) {
    const before = understand(Buffer.from(from), domain);
    const { policy, labels } = before.ok ? before.value : { policy: NOTHING, labels: {} };
    const { mode, max_age, mx } = policy;
    const wanted = tenantOf({ mode, max_age, mx, labels, ...to });
    const edited = editDocument(from, wanted);
    t.equal(edited, gives ?? undefined, why);
    if (edited !== undefined) t.same(goodValue(understand(Buffer.from(edited), domain)), wanted, why);
    const crlf = editDocument(from.replaceAll('\n', '\r\n'), wanted);
    t.equal(crlf, gives?.replaceAll('\n', '\r\n'), `${why}, with CRLF`);
  }
});

const hosts = [
  'a.example.com',
  'b.example.com',
  '*.c.example.com',
  'mail.example.net',
  '*.xn--bcher-kva.example',
];
const words = fc.oneof(
  fc.constantFrom(
    'customer',
    'a b',
    '42',
    'true',
    'null',
    '~',
    "it's",
    '"q"',
    '#no',
    'é',
    'x: y',
    '- z',
    '',
    '\u2028',
    '\t',
  ),
  fc.string({ maxLength: 6, unit: 'binary' }).filter((text) => text.isWellFormed()),
);
const tenants = fc
  .record({
    mode: fc.constantFrom('none', 'testing', 'enforce'),
    max_age: fc.constantFrom(0, 60, 86400, 604800),
    mx: fc
      .subarray(hosts, { minLength: 0 })
      .chain((list) => fc.shuffledSubarray(list, { minLength: list.length })),
    labels: fc.dictionary(
      words.filter((word) => word !== '__proto__'),
      words,
      { maxKeys: 3 },
    ),
  })
  .filter(({ mode, mx }) => mode === 'none' || mx.length > 0)
  .map(tenantOf);

/** How somebody may write a document; comments have numbers, so that each is known again. */
const styles = fc.record({
  newline: fc.constantFrom('\n', '\r\n'),
  ends: fc.boolean(),
  indent: fc.constantFrom('  ', '    '),
  itemIndent: fc.constantFrom('', '  '),
  comments: fc.boolean(),
  flowPolicy: fc.boolean(),
  flowMx: fc.boolean(),
  flowLabels: fc.boolean(),
  quote: fc.constantFrom('plain', 'single', 'double'),
  json: fc.integer({ min: 0, max: 9 }).map((number) => number === 0),
  labelsFirst: fc.boolean(),
});
type Style = typeof styles extends fc.Arbitrary<infer S> ? S : never;

t.test('an edited document says what is wanted, and keeps its comments', async (t) => {
  holds(
    t,
    fc.property(tenants, tenants, styles, (before, after, style) => {
      const text = written(before, style);
      assert.deepEqual(goodValue(understand(Buffer.from(text), domain)), before, text);
      assert.equal(editDocument(text, before), text, 'what is there already stays to the byte');
      const edited = editDocument(text, after);
      // All labels of a map in lines go and others come: the document is written anew.
      if (edited === undefined) return assert.ok(areAllLabelsNew(before, after));
      const found = goodValue(understand(Buffer.from(edited), domain));
      assert.deepEqual(
        { ...found, labels: sorted(found.labels) },
        { ...after, labels: sorted(after.labels) },
        edited,
      );
      for (const comment of text.match(/^ *# own \d+$/gm) ?? [])
        assert.ok(edited.includes(comment.trim()), edited);
      const isCrlf = style.newline === '\r\n';
      assert.equal(/(^|[^\r])\n/.test(edited), !isCrlf && edited.includes('\n'), 'lines end as they did');
    }),
  );
});

t.test('a new document says what is wanted', async (t) => {
  holds(
    t,
    fc.property(tenants, (tenant) => {
      assert.deepEqual(goodValue(understand(Buffer.from(newDocument(tenant)), domain)), tenant);
    }),
  );
});

t.test('any text is edited to what is wanted, or not at all', async (t) => {
  const pieces = fc.array(
    fc.constantFrom(
      'policy:',
      'mode: none',
      'max_age: 1',
      'mx:',
      '- a.example.com',
      'labels:',
      ' ',
      '  ',
      '\n',
      '{',
      '}',
      '[',
      ']',
      ',',
      '# c',
      '? ',
      ': ',
      '&a',
      '*a',
      '|',
      '>',
      '"',
      "'",
      'domain: example.com',
      '---',
      '\t',
      '\r\n',
      '\ufeff',
    ),
    { maxLength: 30 },
  );
  holds(
    t,
    fc.property(pieces, tenants, (list, tenant) => {
      const edited = editDocument(list.join(''), tenant);
      if (edited !== undefined) assert.equal(typeof edited, 'string');
    }),
  );
});

function tenantOf({ labels, ...policy }: { labels?: Readonly<Record<string, string>> } & object): Tenant {
  return goodValue(readDocument({ domain, policy, labels: { ...labels } }, domain));
}

function sorted(labels: Tenant['labels']) {
  return Object.entries(labels).sort();
}

function areAllLabelsNew(before: Tenant, after: Tenant): boolean {
  const kept = Object.keys(after.labels).filter((key) => Object.hasOwn(before.labels, key));
  return Object.keys(before.labels).length > 0 && Object.keys(after.labels).length > 0 && kept.length === 0;
}

function written({ policy, labels }: Tenant, style: Style): string {
  if (style.json) return JSON.stringify({ domain, policy: { ...policy, extensions: undefined }, labels });
  const { indent, itemIndent, newline } = style;
  let number = 0;
  const own = (before: string) => (style.comments ? [`${before}# own ${++number}`] : []);
  const beside = () => (style.comments ? `  # beside ${++number}` : '');
  const q = (text: string) =>
    style.quote === 'single'
      ? `'${text}'`
      : style.quote === 'double' || text.startsWith('*')
        ? `"${text}"`
        : text;
  const list = `[${policy.mx.map(q).join(', ')}]`;
  const mx =
    style.flowMx || policy.mx.length === 0
      ? [`${indent}mx: ${list}${beside()}`]
      : [
          `${indent}mx:${beside()}`,
          ...policy.mx.flatMap((host) => [
            ...own(indent + itemIndent),
            `${indent}${itemIndent}- ${q(host)}${beside()}`,
          ]),
        ];
  const block = [
    `policy:${beside()}`,
    ...own(indent),
    `${indent}mode: ${q(policy.mode)}${beside()}`,
    `${indent}max_age:   ${policy.max_age}${beside()}`,
    ...mx,
    ...own(indent),
  ];
  const flow = [`policy: { mode: ${q(policy.mode)}, max_age: ${policy.max_age}, mx: ${list} }${beside()}`];
  const pairs = Object.entries(labels).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  const labelLines =
    style.flowLabels || pairs.length === 0
      ? [`labels: {${pairs.join(', ')}}${beside()}`]
      : ['labels:', ...pairs.flatMap((pair) => [...own(indent), `${indent}${pair}${beside()}`])];
  const policyLines = style.flowPolicy ? flow : block;
  const parts = style.labelsFirst ? [...labelLines, ...policyLines] : [...policyLines, ...labelLines];
  const text = [...own(''), `domain: ${domain}${beside()}`, '', ...parts, ...own('')].join(newline);
  return style.ends ? text + newline : text;
}
