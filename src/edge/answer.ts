/** RFC 8461 section 3.3: the one path that senders fetch. */
export const POLICY_PATH = '/.well-known/mta-sts.txt';

/** What of a request decides the answer. */
export interface PolicyRequest {
  readonly method: string;
  /** The request target in origin form or in absolute form (RFC 9112 section 3.2). */
  readonly target: string;
  /** The Host or :authority, with or without a port. */
  readonly authority: string | undefined;
  /** The server name of the TLS handshake. */
  readonly serverName: string | undefined;
}

export type PolicyStatus = 200 | 400 | 404 | 405 | 421;

export interface PolicyAnswer {
  readonly status: PolicyStatus;
  /** The policy of status 200. */
  readonly policy?: Buffer;
}

const BAD_REQUEST: PolicyAnswer = { status: 400 };
const NOT_FOUND: PolicyAnswer = { status: 404 };
const METHOD_NOT_ALLOWED: PolicyAnswer = { status: 405 };
const MISDIRECTED: PolicyAnswer = { status: 421 };

/**
 * Answers a request of the policy host. A name that is not the one the handshake was for is misdirected
 * (RFC 9110 section 15.5.20), so that no policy is ever read over a connection that another name vouches for.
 */
export function answer(request: PolicyRequest, policyOf: (host: string) => Buffer | undefined): PolicyAnswer {
  const { target, authority } = request.target.startsWith('/') ? request : absoluteForm(request);
  if (authority === undefined) return MISDIRECTED;
  if (!AUTHORITY.test(authority)) return BAD_REQUEST;
  const host = hostOf(authority);
  if (host !== request.serverName?.toLowerCase()) return MISDIRECTED;
  if (target !== POLICY_PATH) return NOT_FOUND;
  if (request.method !== 'GET' && request.method !== 'HEAD') return METHOD_NOT_ALLOWED;
  const policy = policyOf(host);
  return policy === undefined ? NOT_FOUND : { status: 200, policy };
}

/**
 * RFC 3986 section 3.2, without user information (RFC 9110 section 4.2.4). A request with two Host fields comes here
 * with both, joined by a comma and a space, and is as bad (RFC 9112 section 3.2).
 */
const AUTHORITY = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(?::\d*)?$/i;

/** RFC 9112 section 3.2.2: the authority of an absolute-form target counts, and Host is ignored. */
function absoluteForm({ target, authority }: PolicyRequest): Pick<PolicyRequest, 'target' | 'authority'> {
  const match = /^https:\/\/([^/?#]*)(\/.*)?$/i.exec(target);
  return match === null ? { target, authority } : { authority: match[1], target: match[2] ?? '/' };
}

/** The host of an authority: lower case, without a port and without the root's dot. */
function hostOf(authority: string): string {
  return authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}
