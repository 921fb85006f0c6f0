import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import type { Challenge } from '../certs/issuer.ts';
import { quote } from '../flaws/quote.ts';
import { within } from './connection.ts';
import type { Seen } from './observation.ts';

const PORT = 80;
// Some ten times what a challenge's answer needs.
const MOST_BYTES = 1024;

/** Fetches an HTTP-01 challenge from one address as a CA does (RFC 8555 section 8.3), but follows no redirect. */
export function walkHttp(
  address: string,
  { host, token, keyAuthorization }: Challenge,
  signal: AbortSignal,
): Promise<Seen> {
  return within(signal, async (signal) => {
    const path = `/.well-known/acme-challenge/${token}`;
    const headers = { host, 'user-agent': 'postseal' };
    const request = http.request({ host: address, port: PORT, path, headers, agent: false, signal });
    // What comes after the answer was read does not count.
    request.on('error', () => {});
    try {
      const answered = once(request, 'response', { signal });
      request.end();
      const [response] = (await answered) as [IncomingMessage];
      const isOurs = response.statusCode === 200 && (await hasBody(response, keyAuthorization));
      return isOurs ? { seen: 'reached' } : { seen: 'other', who: who(response) };
    } finally {
      request.destroy();
    }
  });
}

async function hasBody(response: IncomingMessage, text: string): Promise<boolean> {
  let body = '';
  for await (const part of response as AsyncIterable<Buffer>) {
    body += part.toString('latin1');
    if (body.length > MOST_BYTES) return false;
  }
  // RFC 8555 section 8.3: white space at the end is ignored.
  return body.trimEnd() === text;
}

function who({ statusCode, headers }: IncomingMessage): string {
  const { server, location } = headers;
  const name = server === undefined ? '' : ` named ${quote(String(server))}`;
  const to = location === undefined ? '' : `, a redirect to ${quote(location)}`;
  return `a server${name} with HTTP status ${statusCode}${to}`;
}
