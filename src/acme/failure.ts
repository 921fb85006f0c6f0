import type { Problem } from './problem.ts';

/** The CA answered with a problem document. */
export class AcmeProblem extends Error {
  readonly problem: Problem;
  /** The HTTP status. */
  readonly status: number;
  /** Milliseconds since 1970, where the CA says when to come again. */
  readonly retryAfter: number | undefined;
  /** Whether it came when the account was to be made or found. */
  readonly aboutAccount: boolean;

  constructor(
    problem: Problem,
    context: { status: number; retryAfter: number | undefined; aboutAccount: boolean },
  ) {
    super(`${problem.type}: ${problem.detail}`);
    this.problem = problem;
    this.status = context.status;
    this.retryAfter = context.retryAfter;
    this.aboutAccount = context.aboutAccount;
  }
}

/** The CA gave no answer, or none that ACME knows. The message says which, for people. */
export class CaUnreachable extends Error {}

/** Whether the same request may succeed a moment later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof AcmeProblem) return error.status >= 500 && error.problem.type !== 'rateLimited';
  return error instanceof CaUnreachable;
}
