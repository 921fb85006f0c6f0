import type { Test } from 'tap';
import { readCases } from '../cases.ts';

const LEVELS = ['MUST', 'MUST NOT', 'SHOULD', 'SHOULD NOT', 'MAY', 'implied'] as const;
const PLACES = ['pure', 'server'] as const;

/** A rule of RFC 8461 for whoever hosts a policy or announces a record; `text` is in our words. */
export interface Rule {
  readonly id: string;
  readonly section: string;
  readonly text: string;
  readonly level: (typeof LEVELS)[number];
  /** Where it can be tested: on the pure formats, or only on a running server. */
  readonly where: (typeof PLACES)[number];
}

export type RuleTest = (t: Test) => void | Promise<void>;

/** All rules. Throws where the list itself is malformed. */
export function readRules(): readonly Rule[] {
  const rules = readCases<readonly Rule[]>('rules.yaml', import.meta);
  const ids = new Set<string>();
  for (const { id, section, text, level, where } of rules) {
    const isComplete = /^[\d.]+-[a-z\d.-]+$/.test(id) && id.startsWith(`${section}-`) && text.length > 0;
    if (!isComplete || !LEVELS.includes(level) || !PLACES.includes(where) || ids.has(id)) {
      throw new Error(`rules.yaml: malformed or repeated rule ${id}`);
    }
    ids.add(id);
  }
  return rules;
}

/** Every rule of a place that has no test, and every test that has no rule. */
export function ruleGaps(rules: readonly Rule[], where: Rule['where'], tests: readonly string[]): string[] {
  const ids = rules.filter((rule) => rule.where === where).map(({ id }) => id);
  return [
    ...ids.filter((id) => !tests.includes(id)).map((id) => `rule ${id} has no test`),
    ...tests.filter((id) => !ids.includes(id)).map((id) => `test ${id} has no rule in rules.yaml`),
  ];
}

/** Runs the test of each rule of a place, and fails for each gap and for a test that asserts nothing. */
export async function ruleTests(
  t: Test,
  where: Rule['where'],
  tests: Readonly<Record<string, RuleTest>>,
): Promise<void> {
  const rules = readRules();
  for (const gap of ruleGaps(rules, where, Object.keys(tests))) t.fail(gap);
  for (const { id, text } of rules) {
    const test = Object.hasOwn(tests, id) ? tests[id] : undefined;
    if (test !== undefined) await t.test(`${id}: ${text}`, (child) => runRule(child, test));
  }
}

async function runRule(t: Test, test: RuleTest): Promise<void> {
  await test(t);
  if (t.count === 0) t.fail('the test asserts nothing');
}
