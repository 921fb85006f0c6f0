import type { Flaw } from '../flaws/flaw.ts';
import type { Answer } from './answer.ts';

/** Everything that can be wrong with a request, with its status and title: a closed list. */
export const PROBLEMS = {
  'bad-request': [400, 'The request is malformed'],
  unauthorized: [401, 'There is no good token'],
  forbidden: [403, 'The token does not reach this far'],
  unproven: [403, 'Control of the domain is not proven'],
  'not-found': [404, 'There is nothing here'],
  'method-not-allowed': [405, 'The method means nothing here'],
  'not-acceptable': [406, 'What is accepted is not to be had'],
  'request-timeout': [408, 'The request took too long'],
  exists: [409, 'It is there already'],
  conflict: [409, 'The document was edited by somebody else'],
  interrupted: [409, 'What came of the first request with this key is not known'],
  'not-here': [409, 'This server is not set up for it'],
  stale: [412, 'The document has changed'],
  'too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'The media type of the body is not understood'],
  'expectation-failed': [417, 'The expectation is not met'],
  flawed: [422, 'What was sent has flaws'],
  'key-reused': [422, 'The idempotency key was used for another request'],
  'precondition-required': [428, 'The change needs If-Match'],
  'too-many-requests': [429, 'There were too many requests'],
  'headers-too-large': [431, 'The headers are too large'],
  internal: [500, 'Internal error'],
  unavailable: [503, 'It can not be done now'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemName = keyof typeof PROBLEMS;

export const PROBLEM_TYPE = 'application/problem+json';

/** What a problem tells beyond its type: each is a member of the problem document (RFC 9457 section 3.2). */
export interface ProblemDetails {
  /** What is wrong and what to do about it, in sentences. */
  readonly detail: string;
  readonly errors?: readonly Flaw[];
  /** The document's, as it is now. */
  readonly etag?: string | null;
  readonly yours?: string;
  readonly theirs?: string | null;
}

/** An answer that says what is wrong, as RFC 9457 has it. */
export function problem(
  name: ProblemName,
  details: ProblemDetails,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const [status, title] = PROBLEMS[name];
  const body = { type: problemUri(name), title, status, ...details };
  return { status, type: PROBLEM_TYPE, headers, body };
}

export function problemUri(name: ProblemName): string {
  return `urn:postseal:problem:${name}`;
}

/** The same whether there is no such thing or it belongs to somebody else, so that nobody learns which. */
export function notFound(what: string): Answer {
  return problem('not-found', { detail: `There is no such ${what}, or it is not yours to see.` });
}
