import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import https from 'node:https';
import { CaUnreachable } from './failure.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Request {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  /** A signed body. */
  readonly body?: string;
}

// Milliseconds.
const REQUEST_TIME = 30_000;
// The longest answer is a certificate chain of some ten kilobytes.
const MOST_BYTES = 256 * 1024;
// Connections to one CA at once.
const MOST_CONNECTIONS = 8;

/** Requests to a CA over verified HTTPS. No redirects, no retries, bounded in time and size. */
export class HttpsClient {
  readonly #agent: https.Agent;

  /** @param root PEM certificates to trust in place of the public ones. */
  constructor(root?: string) {
    const trust = root === undefined ? {} : { ca: root };
    this.#agent = new https.Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS, ...trust });
  }

  /** Fails with CaUnreachable where there is no whole answer, with the signal's reason once it is aborted. */
  async send(request: Request, signal: AbortSignal): Promise<Reply> {
    const host = hostOf(request.url);
    const late = AbortSignal.timeout(REQUEST_TIME);
    try {
      return await this.#exchange(request, AbortSignal.any([signal, late]), 1);
    } catch (error) {
      signal.throwIfAborted();
      if (late.aborted) throw new CaUnreachable(`No answer from ${host} in ${REQUEST_TIME / 1000} seconds`);
      if (error instanceof CaUnreachable) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new CaUnreachable(`No connection to ${host}: ${message || code}`, { cause: error });
    }
  }

  #exchange(request: Request, signal: AbortSignal, retries: number): Promise<Reply> {
    const { method, url, body } = request;
    const headers = {
      // RFC 8555 section 6.1 wants both.
      'user-agent': 'postseal',
      'accept-language': 'en',
      ...(body === undefined ? {} : { 'content-type': 'application/jose+json' }),
    };
    return new Promise((resolve, reject) => {
      const sent = https.request(url, { method, headers, agent: this.#agent, signal });
      sent.on('response', (response) => readBody(response, url).then(resolve, reject));
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // The CA closed a kept connection just when it was used again.
        const again =
          sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE') && retries > 0;
        if (again) resolve(this.#exchange(request, signal, retries - 1));
        else reject(error);
      });
      sent.end(body);
    });
  }
}

async function readBody(response: IncomingMessage, url: string): Promise<Reply> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) throw new CaUnreachable(`An answer of ${hostOf(url)} is over ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) };
}

/** RFC 8555 section 6.1: ACME is spoken over HTTPS only. */
function hostOf(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:')
    throw new CaUnreachable(`The CA gave no https URL but ${JSON.stringify(text)}`);
  return url.host;
}
