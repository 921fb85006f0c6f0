import t from 'tap';
import { readRules, ruleGaps } from './rules.ts';

t.test('the list of rules is whole', async (t) => {
  const rules = readRules();
  for (const where of ['pure', 'server']) t.ok(rules.some((rule) => rule.where === where));
});

t.test('a rule without a test is told, and a test without a rule', async (t) => {
  const rules = readRules().slice(0, 2);
  const [first, second] = rules.map(({ id }) => id);
  t.same(ruleGaps(rules, 'pure', [first ?? '', second ?? '']), []);
  t.same(ruleGaps(rules, 'pure', [second ?? '', 'other']), [
    `rule ${first} has no test`,
    'test other has no rule in rules.yaml',
  ]);
  t.same(ruleGaps(rules, 'server', []), [], 'rules of the other place are its own');
});
