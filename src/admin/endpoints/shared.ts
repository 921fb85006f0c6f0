import { flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { quote } from '../../flaws/quote.ts';
import { type Answer, JSON_TYPE } from '../answer.ts';
import type { Promised } from '../endpoint.ts';
import { changeExample, dryRunExample } from '../examples.ts';
import { type ProblemName, problem } from '../problem.ts';
import { ChangeShape } from '../shapes/tenant.ts';

/** What any change of a tenant that is there may meet. */
export const CHANGE_PROBLEMS: readonly ProblemName[] = ['stale', 'precondition-required', 'conflict'];

/** What a change answers, or a dry run of it. */
export function changeAnswers(status: number, description: string): Readonly<Record<number, Promised>> {
  const dry: Promised = {
    description: 'What would come of it (dry_run).',
    content: { [JSON_TYPE]: { schema: ChangeShape, example: dryRunExample } },
  };
  const done: Promised = {
    description,
    headers: ['etag'],
    content: { [JSON_TYPE]: { schema: ChangeShape, example: changeExample } },
  };
  return { 200: dry, [status]: done };
}

export function badQuery(path: string, message: string, remedy: string): Answer {
  const detail = 'A parameter of the query is flawed.';
  return problem('bad-request', { detail, errors: [{ path, message, remedy }] });
}

/** Labels as a query has them, `key:value` each. */
export function readLabels(texts: readonly string[]): Parsed<Readonly<Record<string, string>>> {
  const pairs = texts.map((text) => /^([^:]+):(.*)$/s.exec(text));
  const bad = pairs.indexOf(null);
  if (bad >= 0) {
    const message = `${quote(texts[bad] ?? '')} is no label`;
    return flawed({ path: 'label', message, remedy: 'Write key:value, such as customer:42' });
  }
  if (new Set(pairs.map((pair) => pair?.[1])).size < pairs.length) {
    const remedy = 'Ask for one value of each key';
    return flawed({ path: 'label', message: 'A key is there twice, and no tenant has both', remedy });
  }
  return parsed(Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? ''])));
}
