import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { SecureVersion, TLSSocket } from 'node:tls';

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
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxVersion?: SecureVersion;
  readonly signal?: AbortSignal;
  readonly agent?: https.Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** With what is known of the connection that it came over. */
export interface PolicyAnswer extends Answer {
  readonly certificate: { readonly validTo: string; readonly subjectaltname: string };
  readonly localPort: number | undefined;
}

export const POLICY_PATH = '/.well-known/mta-sts.txt';

/** Fetches as a strict sender does: chain and name verified. By default over a connection of its own. */
export function fetchPolicy({ host, port }: Address, request: PolicyRequest): Promise<PolicyAnswer> {
  const { name, root: ca, path = POLICY_PATH, method = 'GET', agent = false } = request;
  const headers = { host: request.host ?? name, ...request.headers };
  const { maxVersion, signal } = request;
  const others = { ...(maxVersion && { maxVersion }), ...(signal && { signal }) };
  const options = { host, port, servername: name, ca, path, method, headers, agent, ...others };
  return new Promise((resolve, reject) => {
    const respond = (response: http.IncomingMessage) => {
      // Before the end, since a kept-alive connection is then no longer this request's.
      const socket = response.socket as TLSSocket;
      const { valid_to: validTo, subjectaltname = '' } = socket.getPeerCertificate();
      const { localPort } = socket;
      const found = { certificate: { validTo, subjectaltname }, localPort };
      collect((answer) => resolve({ ...answer, ...found }), reject)(response);
    };
    https.request(options, respond).on('error', reject).end();
  });
}

export function fetchPlain({ host, port }: Address, path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host, port, path, method, agent: false };
    http.request(options, collect(resolve, reject)).on('error', reject).end();
  });
}

/** The same over HTTP/2. */
export async function fetchPolicy2(address: Address, request: PolicyRequest): Promise<Answer> {
  const { name, root: ca, path = POLICY_PATH, method = 'GET' } = request;
  const session = http2.connect(`https://${address.host}:${address.port}`, { servername: name, ca });
  try {
    return await new Promise<Answer>((resolve, reject) => {
      session.on('error', reject);
      const headers = {
        ':path': path,
        ':method': method,
        ':authority': request.host ?? name,
        ...request.headers,
      };
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
