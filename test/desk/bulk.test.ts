import { readdirSync } from 'node:fs';
import t from 'tap';
import type { EditRequest } from '../../src/tenant/desk.ts';
import { policyDomain } from '../tenant/revisions.ts';
import { ALICE, OpenDesk, policyWith } from './open-desk.ts';

t.setTimeout(120_000);

const COUNT = 1_100;

function creations(count: number): EditRequest[] {
  return Array.from({ length: count }, (_, index) => ({
    domain: policyDomain(`t${index}.test`),
    edit: { do: 'create', policy: policyWith('testing', index, 'mx.test'), labels: { n: `${index % 7}` } },
    by: ALICE,
  }));
}

async function outcomesOf(at: OpenDesk, requests: Iterable<EditRequest>): Promise<string[]> {
  const outcomes: string[] = [];
  for await (const { outcome } of at.tenants.editAll(requests)) outcomes.push(outcome);
  return outcomes;
}

t.test('many edits have an outcome each, in their order', async (t) => {
  const at = await OpenDesk.open(t);
  const requests = creations(COUNT);
  const [first, second] = requests as [EditRequest, EditRequest];
  const bad = { ...first, domain: policyDomain('bad.test'), edit: { do: 'create', policy: {} } } as const;
  const again = { ...second, edit: { do: 'replace', policy: policyWith('none', 1) } } as const;
  const all = [first, bad, second, again, first, ...requests.slice(2)];
  const outcomes = await outcomesOf(at, all);
  t.same(outcomes.slice(0, 5), ['done', 'flawed', 'done', 'done', 'exists']);
  t.ok(outcomes.slice(5).every((outcome) => outcome === 'done'));
  t.equal(outcomes.length, all.length);
  t.equal(at.served.size, COUNT);
  t.equal(readdirSync(at.policies).filter((file) => file.endsWith('.yaml')).length, COUNT);
  t.equal(at.store.newest(second.domain)?.number, 2);
  const page = at.tenants.list({ after: 't5.test', limit: 3, labels: { n: '5' } });
  t.same(
    page.map(({ domain }) => domain),
    ['t502.test', 't509.test', 't516.test'],
  );
});

t.test('who stops reading has what was told done, and can go on from there', async (t) => {
  const at = await OpenDesk.open(t);
  const requests = creations(700);
  let count = 0;
  for await (const { outcome } of at.tenants.editAll(requests)) {
    t.equal(outcome, 'done');
    count += 1;
    if (count === 3) break;
  }
  const outcomes = await outcomesOf(at, requests.slice(count));
  t.ok(outcomes.every((outcome) => outcome === 'done' || outcome === 'exists'));
  t.equal(at.served.size, 700);
});
