import { AcmeProblem, CaUnreachable } from '../acme/failure.ts';
import type { Problem } from '../acme/problem.ts';
import type { ChallengeType, OrderOutcome } from './issuer.ts';

/** An outcome other than a certificate. */
export type Refusal = Exclude<OrderOutcome, { readonly outcome: 'issued' }>;

// How long to keep away from a CA that limits without saying for how long, and at most, in milliseconds.
const USUAL_PAUSE = 3600_000;
const LONGEST_PAUSE = 7 * 24 * 3600_000;

// Let's Encrypt has no problem type for a name that it has paused: it limits the rate, and its words have this link.
const UNPAUSE_LINK = /https:\/\/\S+\/unpause\b/;

/** Tells what an error of the ACME client means for an order. Undefined for any other error. */
export function outcomeOfError(error: unknown, now: number): Refusal | undefined {
  if (error instanceof CaUnreachable) return { outcome: 'unreachable', why: error.message };
  if (!(error instanceof AcmeProblem)) return undefined;
  const { problem, status, retryAfter, aboutAccount } = error;
  const why = words(problem);
  if (innermost(problem).type === 'rateLimited') return limited(why, retryAfter, now);
  if (status >= 500) return { outcome: 'unreachable', why };
  if (aboutAccount) return { outcome: 'account-refused', why };
  return outcomeOfProblem(problem, now);
}

/** What a problem of an order means (RFC 8555 section 6.7). A type that stands nowhere here is a refusal. */
export function outcomeOfProblem(problem: Problem, now: number): Refusal {
  const why = words(problem);
  switch (innermost(problem).type) {
    case 'caa':
      return { outcome: 'caa-forbids', why };
    case 'rateLimited':
      return limited(why, undefined, now);
    case 'accountDoesNotExist':
    case 'externalAccountRequired':
    case 'invalidContact':
    case 'invalidProfile': // what the operator configured, not what the name is
    case 'unauthorized':
    case 'unsupportedContact':
    case 'userActionRequired':
      return { outcome: 'account-refused', why };
    case 'badNonce':
    case 'orderNotReady':
    case 'serverInternal':
      return { outcome: 'unreachable', why };
    default:
      return { outcome: 'rejected', why };
  }
}

/** What the error of a challenge means (RFC 8555 section 8). */
export function outcomeOfChallenge(challenge: ChallengeType, problem: Problem, now: number): Refusal {
  switch (innermost(problem).type) {
    case 'caa':
    case 'rateLimited':
    case 'rejectedIdentifier':
    case 'serverInternal':
      return outcomeOfProblem(problem, now);
    default:
      return { outcome: 'challenge-failed', challenge, why: words(problem) };
  }
}

/** Whether another type of challenge may succeed where one failed so: not where the name itself was not found. */
export function otherChallengeMayPass(problem: Problem): boolean {
  return ['connection', 'incorrectResponse', 'tls', 'unauthorized'].includes(innermost(problem).type);
}

function limited(why: string, retryAfter: number | undefined, now: number): Refusal {
  if (UNPAUSE_LINK.test(why)) return { outcome: 'paused', why };
  const until = Math.min(Math.max(now, retryAfter ?? now + USUAL_PAUSE), now + LONGEST_PAUSE);
  return { outcome: 'rate-limited', until, why };
}

/** An order is for one name, so what is wrong with the name is what is wrong (RFC 8555 section 6.7.1). */
function innermost(problem: Problem): Problem {
  return problem.subproblems[0] ?? problem;
}

function words(problem: Problem): string {
  const { type, detail } = innermost(problem);
  return detail || problem.detail || type || 'The CA gave no reason';
}
