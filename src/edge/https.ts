import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import http2, {
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
  type ServerHttp2Session,
} from 'node:http2';
import type { SecureContext, TLSSocket } from 'node:tls';
import { POLICY_CONTENT_TYPE } from '../tenant/revision.ts';
import { answer, type PolicyAnswer } from './answer.ts';
import type { EdgeTimes } from './times.ts';

/** What the HTTPS listener asks for each connection and request. */
export interface PolicyHosts {
  /** The policy served for a policy host in lower case. */
  policy(host: string): Buffer | undefined;
  /** The TLS context of a policy host in lower case; undefined where it has none or is unknown. */
  context(host: string): SecureContext | undefined | Promise<SecureContext | undefined>;
  answered(protocol: string, status: number): void;
  /** A request was not answered, because of an error that is ours. */
  failed(error: unknown): void;
  /** Whether connections are to end after the answer under way. */
  readonly draining: boolean;
}

// A sender's request has some 200 bytes of headers.
const MOST_HEADER_BYTES = 8 * 1024;

// Senders ask for one small file: what follows is far above their use, and far below what could hurt.
const SESSION_LIMITS = {
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: MOST_HEADER_BYTES, enablePush: false },
  maxHeaderListPairs: 64,
  /** Megabytes. */
  maxSessionMemory: 1,
  maxSessionInvalidFrames: 100,
  // Streams that the client takes back: so many at once, and then so many a second (CVE-2023-44487).
  streamResetBurst: 200,
  streamResetRate: 20,
};

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
export function createPolicyServer(hosts: PolicyHosts, times: EdgeTimes): Http2SecureServer {
  const options = {
    ...SESSION_LIMITS,
    allowHTTP1: true,
    minVersion: 'TLSv1.2',
    ciphers: CIPHERS,
    honorCipherOrder: true,
    // Senders do not resume; tickets cost time in every handshake.
    secureOptions: constants.SSL_OP_NO_TICKET,
    handshakeTimeout: times.handshake,
    maxHeaderSize: MOST_HEADER_BYTES,
    headersTimeout: times.headers,
    requestTimeout: times.request,
    keepAliveTimeout: times.keepAlive,
    connectionsCheckingInterval: times.checking,
    // A second Host field is to be seen, not dropped.
    joinDuplicateHeaders: true,
    SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void) => {
      const context = hosts.context(name.toLowerCase());
      if (context instanceof Promise) context.then((found) => done(null, found), done);
      else done(null, context);
    },
  } as const;
  const server = http2.createSecureServer(options, (request, response) => {
    try {
      respond(hosts, request, response);
    } catch (error) {
      hosts.failed(error);
      response.destroy();
    }
  });
  server.setTimeout(times.stalled);
  server.on('session', (session) => {
    serverNames.set(session, (session.socket as TLSSocket).servername);
    endUnused(session, times);
  });
  return server;
}

/** By session, since a session's socket can't be asked any more once it ends. */
const serverNames = new WeakMap<Http2Session, string | false | null | undefined>();

/** Ends a session that brings no request for a while: pings and settings alone do not keep it. */
function endUnused(session: ServerHttp2Session, times: EdgeTimes): void {
  let last: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    session.close();
    last = setTimeout(() => session.destroy(), times.request);
  }, times.session);
  session.on('stream', () => timer.refresh());
  session.once('close', () => {
    clearTimeout(timer);
    clearTimeout(last);
  });
}

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

function respond(hosts: PolicyHosts, request: Request, response: Response): void {
  const { method = '', url: target = '', headers } = request;
  const serverName = serverNameOf(request) || undefined;
  // RFC 9113 section 8.3.1: where both are there, :authority counts.
  const authority = (headers[':authority'] as string | undefined) ?? headers.host;
  const result = answer({ method, target, authority, serverName }, hosts.policy);
  hosts.answered(request.httpVersion, result.status);
  if (hosts.draining) endAfter(response);
  write(result, response as ServerResponse, method === 'HEAD');
}

function serverNameOf(request: Request): string | false | null | undefined {
  if (!('stream' in request)) return (request.socket as TLSSocket).servername;
  const { session } = request.stream;
  return session && serverNames.get(session);
}

function endAfter(response: Response): void {
  // Told before the answer, so that a client that has read it does not ask again over this session.
  if ('stream' in response) response.stream.session?.close();
  else response.setHeader('connection', 'close');
}

const TEXTS = {
  400: 'Bad request\n',
  404: 'Not found\n',
  405: 'Method not allowed\n',
  421: 'Misdirected request\n',
};

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
