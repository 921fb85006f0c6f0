import http, { type Server } from 'node:http';
import { hostOf } from './answer.ts';
import type { ChallengeTable } from './challenge-table.ts';
import type { EdgeTimes } from './times.ts';

const NOT_FOUND = 'Not found\n';

// RFC 8555 section 8.3.
const CHALLENGE_PATH = '/.well-known/acme-challenge/';

/**
 * The plain HTTP listener: it answers the challenges of CAs and has nothing else, since no sender reads a policy over
 * it. Nothing is redirected.
 */
export function createPlainServer(
  challenges: ChallengeTable,
  answered: (status: number) => void,
  times: EdgeTimes,
): Server {
  const options = {
    maxHeaderSize: 8 * 1024,
    headersTimeout: times.headers,
    requestTimeout: times.request,
    keepAliveTimeout: times.keepAlive,
    connectionsCheckingInterval: times.checking,
  };
  const server = http.createServer(options, ({ url = '', headers }, response) => {
    const found = challengeAnswer(challenges, url, headers.host);
    const status = found === undefined ? 404 : 200;
    const body = found ?? NOT_FOUND;
    answered(status);
    // Nobody who asks here has anything more to ask.
    response.writeHead(status, {
      'content-type': found === undefined ? 'text/plain; charset=utf-8' : 'application/octet-stream',
      'content-length': body.length,
      connection: 'close',
    });
    response.end(body);
  });
  return server.setTimeout(times.stalled);
}

function challengeAnswer(
  challenges: ChallengeTable,
  target: string,
  authority: string | undefined,
): string | undefined {
  if (authority === undefined || !target.startsWith(CHALLENGE_PATH)) return undefined;
  return challenges.keyAuthorization(hostOf(authority), target.slice(CHALLENGE_PATH.length));
}
