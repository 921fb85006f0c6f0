import { JSON_TYPE } from '../answer.ts';
import type { Promised } from '../endpoint.ts';
import { changeExample, dryRunExample } from '../examples.ts';
import type { ProblemName } from '../problem.ts';
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
