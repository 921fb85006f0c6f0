import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import http2, { type Http2SecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { SecureContext, TLSSocket } from 'node:tls';
import { POLICY_CONTENT_TYPE } from '../tenant/revision.ts';
import { answer, type PolicyAnswer } from './answer.ts';

/** What the HTTPS listener asks for each connection and request. */
export interface PolicyHosts {
  /** The policy served for a policy host in lower case. */
  policy(host: string): Buffer | undefined;
  /** The TLS context of a policy host in lower case; undefined where it has none or is unknown. */
  context(host: string): SecureContext | undefined | Promise<SecureContext | undefined>;
  answered(protocol: string, status: number): void;
  /** Whether connections are to end after the answer under way. */
  readonly draining: boolean;
}

/** Milliseconds; each bounds what a slow or silent client can hold. */
const LIMITS = {
  handshake: 10_000,
  headers: 10_000,
  request: 15_000,
  keepAlive: 30_000,
  /** An HTTP/2 session without traffic. */
  session: 30_000,
  /** How often headers and request limits are looked at. */
  checking: 5_000,
};

// A sender's request has some 200 bytes of headers.
const MOST_HEADER_BYTES = 8 * 1024;
const MOST_STREAMS = 100;

/**
 * AES-128 first: its SHA-256 is the faster hash in the handshake, and senders' connections carry one small answer.
 * For TLS 1.2 only suites with forward secrecy and authenticated encryption (RFC 9325 section 4.2).
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':');

/**
 * Makes the server of all policy hosts (RFC 8461 section 3.3): HTTP/1.1 and HTTP/2 over TLS 1.2 or 1.3.
 * There is no default certificate: an unknown or missing server name ends in a TLS alert.
 */
export function createPolicyServer(hosts: PolicyHosts): Http2SecureServer {
  const options = {
    allowHTTP1: true,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    // Senders do not resume; tickets cost time in every handshake.
    secureOptions: constants.SSL_OP_NO_TICKET,
    handshakeTimeout: LIMITS.handshake,
    settings: { maxConcurrentStreams: MOST_STREAMS, maxHeaderListSize: MOST_HEADER_BYTES, enablePush: false },
    maxHeaderSize: MOST_HEADER_BYTES,
    headersTimeout: LIMITS.headers,
    requestTimeout: LIMITS.request,
    keepAliveTimeout: LIMITS.keepAlive,
    connectionsCheckingInterval: LIMITS.checking,
    SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void) => {
      const context = hosts.context(name.toLowerCase());
      if (context instanceof Promise) context.then((found) => done(null, found), done);
      else done(null, context);
    },
  } as const;
  const server = http2.createSecureServer(options, (request, response) => respond(hosts, request, response));
  server.on('session', (session) => {
    session.setTimeout(LIMITS.session, () => session.close());
  });
  return server;
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

function respond(hosts: PolicyHosts, request: Request, response: Response): void {
  const { socket } = 'stream' in request ? (request.stream.session ?? request) : request;
  const serverName = (socket as TLSSocket).servername;
  const result = answer(
    {
      method: request.method ?? '',
      target: request.url ?? '',
      authority: request.headers.host ?? (request.headers[':authority'] as string | undefined),
      serverName: typeof serverName === 'string' ? serverName : undefined,
    },
    hosts.policy,
  );
  hosts.answered(request.httpVersion, result.status);
  if (hosts.draining) endAfter(response);
  write(result, response as ServerResponse, request.method === 'HEAD');
}

function endAfter(response: Response): void {
  if ('stream' in response) response.once('finish', () => response.stream.session?.close());
  else response.shouldKeepAlive = false;
}

const TEXTS = { 404: 'Not found\n', 405: 'Method not allowed\n', 421: 'Misdirected request\n' };

function write({ status, policy }: PolicyAnswer, response: ServerResponse, headOnly: boolean): void {
  const body = status === 200 ? (policy ?? '') : TEXTS[status];
  response.writeHead(status, {
    'content-type': POLICY_CONTENT_TYPE,
    'content-length': body.length,
    ...(status === 200 ? { 'cache-control': 'max-age=60' } : {}),
    ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
  });
  response.end(headOnly ? undefined : body);
}
