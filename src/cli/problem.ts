import type Type from 'typebox';
import type { ProblemName } from '../admin/problem.ts';
import type { ProblemShape } from '../admin/shapes/problem.ts';
import { CommandFailure, EXIT } from './printing.ts';

/** What the API says is wrong (RFC 9457). */
export type Problem = Type.Static<typeof ProblemShape>;

/** Whatever can be wrong with a request has its exit code. */
const CODES: Readonly<Record<ProblemName, number>> = {
  'bad-request': EXIT.usage,
  unauthorized: EXIT.denied,
  forbidden: EXIT.denied,
  unproven: EXIT.denied,
  'not-found': EXIT.notFound,
  'method-not-allowed': EXIT.unavailable,
  'not-acceptable': EXIT.unavailable,
  'request-timeout': EXIT.unavailable,
  exists: EXIT.conflict,
  conflict: EXIT.conflict,
  interrupted: EXIT.conflict,
  'not-here': EXIT.unavailable,
  stale: EXIT.conflict,
  'too-large': EXIT.flawed,
  'unsupported-media-type': EXIT.unavailable,
  'expectation-failed': EXIT.unavailable,
  flawed: EXIT.flawed,
  'key-reused': EXIT.conflict,
  'precondition-required': EXIT.conflict,
  'too-many-requests': EXIT.unavailable,
  'headers-too-large': EXIT.usage,
  internal: EXIT.internal,
  unavailable: EXIT.unavailable,
};

/** What to do about it here, where the API says it for who speaks HTTP. */
const REMEDIES: Readonly<Partial<Record<ProblemName, string>>> = {
  unauthorized:
    'Put a good token into POSTSEAL_TOKEN, or the name of a file with it into POSTSEAL_TOKEN_FILE',
  exists: 'Look at it with show or list, and change it with set; or choose another name',
  'not-found': 'Look at the names with list; a token that is bound to some tenants sees no others',
  conflict: 'Look at it with show, and repeat the change for what is there now',
  stale: 'Look at it with show, and repeat the change for what is there now',
};

const URI = 'urn:postseal:problem:';

export function problemName({ type }: Problem): string {
  return type.startsWith(URI) ? type.slice(URI.length) : '';
}

/** A problem as it ends a command. */
export function failureOf(problem: Problem): CommandFailure {
  const name = problemName(problem);
  if (!isProblemName(name)) return new CommandFailure(problem.title, problem.detail, EXIT.unavailable);
  const { title, detail, errors = [] } = problem;
  return new CommandFailure(title, REMEDIES[name] ?? detail, CODES[name], errors);
}

function isProblemName(name: string): name is ProblemName {
  return Object.hasOwn(CODES, name);
}
