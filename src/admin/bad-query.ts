import type { Answer } from './answer.ts';
import { problem } from './problem.ts';

export function badQuery(path: string, message: string, remedy: string): Answer {
  const detail = 'A parameter of the query is flawed.';
  return problem('bad-request', { detail, errors: [{ path, message, remedy }] });
}
