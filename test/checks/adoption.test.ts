import t from 'tap';
import { adoptable, type Deployment } from '../../src/checks/adoption.ts';
import { movingSteps } from '../../src/checks/moving-steps.ts';
import type { Answer } from '../../src/checks/observation.ts';
import { readCases } from '../cases.ts';
import { policyDomain } from '../tenant/revisions.ts';

const USUAL = 'version: STSv1\nmode: enforce\nmx: mail.example.com\nmx: *.mx.example.net\nmax_age: 604800\n';

interface Case {
  readonly why: string;
  readonly texts: readonly (readonly string[])[] | string;
  readonly body?: string;
  /** Why nothing is served. */
  readonly nothing?: string;
  readonly mx?: readonly string[];
  readonly outcome?: 'nothing' | 'unclear';
  readonly ids?: readonly string[];
  readonly findings?: readonly string[];
}
const { adoptions } = readCases<{ adoptions: readonly Case[] }>('adoption.yaml', import.meta);
const domain = policyDomain('example.com');
const NOWHERE = { outcome: 'none' } as const;

for (const { why, outcome = 'found', ids, findings: expected = [], ...seen } of adoptions) {
  t.test(why, async (t) => {
    const found = adoptable(deploymentOf(seen));
    t.equal(found.outcome, outcome);
    const findings = found.outcome === 'found' ? found.findings : [found.finding];
    t.equal(findings.length, expected.length, JSON.stringify(findings));
    for (const [index, says] of expected.entries()) {
      const { message = '', remedy = '' } = findings[index] ?? {};
      t.ok(message.includes(says), message);
      t.not(remedy, '');
    }
    if (found.outcome !== 'found') return;
    t.same(
      found.earlier.map(({ id }) => id),
      ids,
    );
    for (const { text, policy } of found.earlier) {
      t.equal(text, seen.body ?? USUAL, 'to the byte');
      t.type(policy.max_age, 'number');
    }
  });
}

t.test('the order of a move: the host, then what tells of it, and the old server last', async (t) => {
  const records = [
    { name: 'mta-sts.example.com', type: 'CNAME', value: 'sts.example.net' },
    { name: '_mta-sts.example.com', type: 'CNAME', value: 'example.com._mta-sts.z.sts.example.net' },
  ] as const;
  const move = { domain, serviceName: 'sts.example.net', records, oldTtl: 3600, isIssuing: true };
  const steps = movingSteps(move);
  t.same(
    steps.flatMap((step) => step.records),
    [
      'mta-sts.example.com. IN CNAME sts.example.net.',
      '_mta-sts.example.com. IN CNAME example.com._mta-sts.z.sts.example.net.',
    ],
  );
  const place = (text: RegExp) => steps.findIndex(({ what }) => text.test(what));
  const order = [
    /Lower/,
    /certificate/,
    /lead to sts/,
    /stage serving/,
    /records that tell/,
    /old server running/,
  ];
  t.same(order.map(place), [0, 1, 2, 3, 4, 5]);
  t.match(steps[0]?.what, /3600 seconds/);
  t.match(movingSteps({ ...move, isIssuing: false })[1]?.what, /mta-sts\.example\.com\.pem$/);
});

function deploymentOf({
  texts,
  body = USUAL,
  nothing,
  mx = ['mail.example.com'],
}: Case | Omit<Case, 'why'>): Deployment {
  const records = mx.map((exchange, preference) => ({ preference, exchange }));
  const answer: Answer<readonly string[]> =
    typeof texts === 'string'
      ? { outcome: 'failed', why: texts }
      : texts.length > 0
        ? { outcome: 'found', records: texts }
        : NOWHERE;
  return {
    domain,
    texts: answer,
    served: nothing === undefined ? { found: 'answer', body } : { found: 'nothing', why: nothing },
    mail: {
      domain,
      mx: { outcome: 'found', records },
      own: { ipv4: NOWHERE, ipv6: NOWHERE },
      hosts: new Map(),
    },
  };
}
