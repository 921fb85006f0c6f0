import fc from 'fast-check';
import t from 'tap';
import { checkPolicy, type Policy } from '../../src/policy/policy.ts';
import { nextPolicyId } from '../../src/policy/policy-id.ts';
import { formatRecord } from '../../src/policy/record.ts';
import { formatPolicyText } from '../../src/policy/text.ts';
import { disagreements } from '../../src/senders/agreement.ts';
import type { ReadPolicy, Served } from '../../src/senders/sender.ts';
import { usualWith } from './cases.ts';
import { readByMailauth, readByPostfixMtaStsResolver } from './real.ts';

const TYPE = 'text/plain; charset=utf-8';

t.test('what we serve is read alike by every model and every real sender', async (t) => {
  const batch = fc.array(policies(), { minLength: 200, maxLength: 200 });
  const property = fc.asyncProperty(batch, async (all) => {
    const served = all.map(serve);
    const intended = all.map((policy, index) => reading(policy, served[index]));
    t.same(
      all.flatMap((policy) => disagreements(policy, serve(policy))),
      [],
    );
    return (
      t.same(readByPostfixMtaStsResolver(served), intended) && t.same(await readByMailauth(served), intended)
    );
  });
  // One process reads a batch; to shrink it would start hundreds.
  await fc.assert(property, { numRuns: 1, endOnFailure: true });
});

t.test('each sender that reads something else is named', (t) => {
  const cases = [
    { extensions: [{ name: 'MX', value: 'other.example' }], says: ['mx: mailauth reads mx as'] },
    { mx: ['ab--cd.example'], says: [': mox refuses it: the mx "ab--cd.example"'] },
    { mx: ['1a.xn--4dbrk0ce'], says: [': mox refuses it: the mx "1a.xn--4dbrk0ce"'] },
    { mx: longList(), says: [': postfix-tlspol refuses it: its answer to Postfix has more than 100000'] },
    { mx: longList(), mode: 'testing', says: [] },
    { mx: longList(), mode: 'none', says: [] },
  ];
  for (const { says, ...fields } of cases) {
    const policy = policyOf({ mode: 'enforce', max_age: 604800, mx: ['mail.example'], ...fields });
    const flaws = disagreements(policy, serve(policy));
    const told = flaws.map(({ path, message }) => `${path}: ${message}`);
    t.equal(told.length, says.length, told.join('; '));
    t.ok(
      says.every((start, index) => told[index]?.startsWith(start)),
      told.join('; '),
    );
  }
  t.end();
});

t.test('a body that is not the policy is told, whichever field differs', (t) => {
  const body = 'version: STSv1\r\nmode: testing\r\nmx: mail.example\r\nmax_age: 86400\r\n';
  const policy = { mode: 'testing', max_age: 86400, mx: ['mail.example'] };
  const paths = (intended: typeof policy) =>
    new Set(disagreements(intended, usualWith(body)).map(({ path }) => path));
  t.same(paths(policy), new Set());
  t.same(paths({ ...policy, mode: 'enforce' }), new Set(['mode']));
  t.same(paths({ ...policy, max_age: 86401 }), new Set(['max_age']));
  t.same(paths({ ...policy, mx: ['mail.example', 'mx.example'] }), new Set(['mx']));
  t.end();
});

t.test('in mode none only a sender that enforces nothing agrees', (t) => {
  const policy = { mode: 'none', max_age: 86400, mx: [] };
  const text = 'version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n';
  t.same(disagreements(policy, usualWith(`${text}MX: other.example\r\n`)), [], 'a mx is without effect');
  t.equal(disagreements(policy, usualWith('')).length, 4, 'who refuses keeps an earlier policy');
  t.end();
});

t.test('the record has to be one that every sender takes', (t) => {
  const policy = { mode: 'none', max_age: 0, mx: [] };
  const body = Buffer.from('version: STSv1\r\nmode: none\r\nmax_age: 0\r\n');
  const about = (...txt: string[][]) => disagreements(policy, { contentType: TYPE, body, txt });
  t.same(about(['v=STSv1; id=1;']), []);
  t.match(about(['v=STSv1 ; id=1;']), [{ message: /none of the 1 TXT records/ }]);
  t.match(about(['v=STSv1; id=1; id=2;']), [{ path: '' }, { path: '' }], 'mox and the last-wins reader');
  t.match(about(['v=STSv1; id=1;'], ['v=STSv10; id=2;']), [{ message: /^postfix-mta-sts-resolver refuses/ }]);
  t.end();
});

function serve(policy: Policy): Served {
  const text = formatPolicyText(policy);
  const record = formatRecord(nextPolicyId({ text, now: Date.UTC(2026, 10, 22) }));
  return { contentType: TYPE, body: Buffer.from(text), txt: [[record]] };
}

function reading({ mode, max_age, mx }: Policy, served: Served | undefined): ReadPolicy {
  const id = served?.txt[0]?.[0]?.slice('v=STSv1; id='.length, -1) ?? '';
  return { read: 'policy', id, mode, max_age, mx };
}

function policyOf(fields: object): Policy {
  const policy = checkPolicy(fields);
  if (!policy.ok) throw new Error(JSON.stringify(policy.flaws));
  return policy.value;
}

/** Lawful and below 65536 octets as a policy text. */
function longList(): string[] {
  return Array.from({ length: 2000 }, (_, index) => `mx-${10000 + index}.example.com`);
}

/** Valid policies. Left out is what the tests above show to be read otherwise. */
function policies(): fc.Arbitrary<Policy> {
  const label = fc.stringMatching(/^[a-z\d]{1,12}(-[a-z\d]{1,12}){0,2}$/);
  const host = fc
    .tuple(
      fc.array(fc.oneof(label, fc.constant('xn--mnchen-3ya')), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
    )
    .map(([labels, isWildcard]) => `${isWildcard ? '*.' : ''}${labels.join('.')}.example`);
  const extension = fc.record({
    name: fc.stringMatching(/^x[\w.-]{0,31}$/),
    value: fc.stringMatching(/^[!-~]([ -~]{0,60}[!-~])?$/),
  });
  return fc
    .record({
      mode: fc.constantFrom('none', 'testing', 'enforce'),
      max_age: fc.integer({ min: 0, max: 31557600 }),
      mx: fc.array(host, { minLength: 1, maxLength: 20 }),
      extensions: fc.uniqueArray(extension, { selector: ({ name }) => name, maxLength: 4 }),
    })
    .map(policyOf);
}
