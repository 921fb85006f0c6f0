import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { SecureVersion } from 'node:tls';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface PolicyRequest {
  /** The server name of the handshake, and the Host unless one is given. */
  readonly name: string;
  /** The root certificate that the chain must lead to. */
  readonly root: string;
  readonly host?: string;
  readonly method?: string;
  readonly path?: string;
  readonly maxVersion?: SecureVersion;
  readonly agent?: https.Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export const POLICY_PATH = '/.well-known/mta-sts.txt';

/** Fetches as a strict sender does: chain and name verified. By default over a connection of its own. */
export function fetchPolicy({ host, port }: Address, request: PolicyRequest): Promise<Answer> {
  const { name, root: ca, path = POLICY_PATH, method = 'GET', agent = false } = request;
  const headers = { host: request.host ?? name };
  const version = request.maxVersion && { maxVersion: request.maxVersion };
  const options = { host, port, servername: name, ca, path, method, headers, agent, ...version };
  return new Promise((resolve, reject) => {
    https.request(options, collect(resolve, reject)).on('error', reject).end();
  });
}

/** @param name the Host, where it is not to be the address. */
export function fetchPlain({ host, port }: Address, path: string, name?: string): Promise<Answer> {
  const headers = name === undefined ? {} : { host: name };
  return new Promise((resolve, reject) => {
    http.get({ host, port, path, headers, agent: false }, collect(resolve, reject)).on('error', reject);
  });
}

/** The same over HTTP/2. */
export async function fetchPolicy2(address: Address, request: PolicyRequest): Promise<Answer> {
  const { name, root: ca, path = POLICY_PATH, method = 'GET' } = request;
  const session = http2.connect(`https://${address.host}:${address.port}`, { servername: name, ca });
  try {
    return await new Promise<Answer>((resolve, reject) => {
      session.on('error', reject);
      const headers = { ':path': path, ':method': method, ':authority': request.host ?? name };
      const stream = session.request(headers).on('error', reject);
      let status = 0;
      let found: http2.IncomingHttpHeaders = {};
      const parts: Buffer[] = [];
      stream.on('response', (headers) => {
        status = headers[':status'] ?? 0;
        found = headers;
      });
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () =>
        resolve({ status, headers: found, body: Buffer.concat(parts).toString('latin1') }),
      );
      stream.end();
    });
  } finally {
    session.close();
  }
}

function collect(resolve: (answer: Answer) => void, reject: (error: Error) => void) {
  return (response: http.IncomingMessage) => {
    const parts: Buffer[] = [];
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('error', reject);
    response.on('end', () => {
      const { statusCode: status = 0, headers } = response;
      resolve({ status, headers, body: Buffer.concat(parts).toString('latin1') });
    });
  };
}
