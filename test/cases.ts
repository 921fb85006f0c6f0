import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Flaw, Parsed } from '../src/flaws/flaw.ts';

/** The case list beside a test, a YAML file. Its shape is as its test says. */
export function readCases<Cases>(file: string, beside: ImportMeta): Cases {
  return parse(readFileSync(new URL(file, beside.url), 'utf8'));
}

/** The value of a result that must be good. */
export function goodValue<T>(result: Parsed<T>): T {
  if (!result.ok) throw new Error(`flawed: ${JSON.stringify(result.flaws)}`);
  return result.value;
}

/** What a case list says of flaws: where each is, and a piece of its message. */
export interface ExpectedFlaw {
  readonly path: string;
  readonly says: string;
}

/** The flaws of a result, cut to what was expected of each, so that a difference shows whole messages. */
export function foundFlaws(
  result: Parsed<unknown>,
  expected: readonly ExpectedFlaw[],
): readonly ExpectedFlaw[] {
  const flaws: readonly Flaw[] = result.ok ? [] : result.flaws;
  return flaws.map(({ path, message }, index) => {
    const says = expected[index]?.says ?? message;
    return { path, says: message.includes(says) ? says : message };
  });
}
