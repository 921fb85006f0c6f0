import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { KeptToken } from '../access/token.ts';
import { StateFileError } from '../store/files/state-error.ts';
import { type Answer, ok } from './answer.ts';
import { denialTeller } from './denials.ts';
import { unavailable } from './edit.ts';
import { ENDPOINTS } from './endpoints.ts';
import { Gate } from './gate.ts';
import { KeyedAnswers } from './keyed-answers.ts';
import { openapiOf } from './openapi.ts';
import type { Parts } from './parts.ts';
import { api, USUAL_BODY } from './plugin.ts';
import { notFound, PROBLEM_TYPE, PROBLEMS, type ProblemName, problem } from './problem.ts';
import { send } from './send.ts';

export interface AdminOptions {
  readonly parts: Parts;
  /** The token of the configuration, where there is one. */
  readonly configured: KeptToken | undefined;
  /** Requests a minute, of each address and of each token. */
  readonly perMinute: number;
  /** The addresses of proxies whose X-Forwarded-For is believed. */
  readonly proxies: readonly string[];
  /** Aborted when the server ends, a little before it is closed. */
  readonly ending: AbortSignal;
  readonly log: Log;
}

/** As much of a log as is used. */
interface Log {
  error(line: object): void;
  warn(line: object): void;
}

/** Milliseconds, connections and bytes, each so much that no honest client comes near. */
const LIMITS = {
  headers: 10_000,
  request: 60_000,
  keepAlive: 65_000,
  stalled: 120_000,
  connections: 1_000,
  headerBytes: 16 * 1024,
  parameter: 1_024,
};

/** So many listeners of the admin API, one for each address. Each listens once it is told to. */
export function createAdminServers(count: number, options: AdminOptions): FastifyInstance[] {
  const { parts, configured, perMinute, ending, log } = options;
  const denied = denialTeller(parts, log);
  const gate = new Gate({ tokens: parts.tokens, configured, perMinute, denied, now: parts.now });
  const keyed = new KeyedAnswers({ answers: parts.answers, log });
  const openapi = ok(openapiOf(ENDPOINTS));
  return Array.from({ length: count }, () => {
    const instance = createServer(options);
    // What is open to everybody stands outside of the gate; all else is within.
    instance.get('/openapi.json', (_request, reply) => send(reply, openapi));
    instance.register(api, { prefix: '/api/v1', endpoints: ENDPOINTS, parts, gate, keyed, ending, log });
    return instance;
  });
}

function createServer({ proxies, log }: AdminOptions): FastifyInstance {
  const instance = fastify({
    logger: false,
    trustProxy: proxies.length > 0 ? [...proxies] : false,
    bodyLimit: USUAL_BODY,
    connectionTimeout: LIMITS.stalled,
    keepAliveTimeout: LIMITS.keepAlive,
    requestTimeout: LIMITS.request,
    forceCloseConnections: 'idle',
    http: { headersTimeout: LIMITS.headers, maxHeaderSize: LIMITS.headerBytes },
    routerOptions: { maxParamLength: LIMITS.parameter },
    return503OnClosing: false,
    clientErrorHandler,
    frameworkErrors: (error, _request, reply) => void send(reply, failure(error, log)),
  });
  instance.server.maxConnections = LIMITS.connections;
  // The endpoints read what comes.
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  instance.setErrorHandler((error, _request, reply) => send(reply, failure(error, log)));
  instance.setNotFoundHandler((_request, reply) => send(reply, notFound('path')));
  return instance;
}

/** Of SQLite's primary result codes, those of a disk or of another process: busy, read-only, I/O, full, can't open. */
const PASSING = [5, 8, 10, 13, 14];

// What is thrown may come after a change, from its line in the audit.
const UNCERTAIN = 'It may be done, or not: look before you repeat it';

/** What came of something that was thrown. What is not known is told to the log, and to nobody else. */
function failure(error: unknown, log: Log): Answer {
  const { code = '', statusCode = 500, errcode = 0 } = error as Partial<FastifyError & { errcode: number }>;
  if (error instanceof StateFileError) return unavailable(error.message, error.remedy, UNCERTAIN);
  if (code === 'ERR_SQLITE_ERROR' && PASSING.includes(errcode & 0xff)) {
    log.error({ event: 'admin_not_recorded', err: error });
    const remedy = 'Make room on its disk, or make it writable again';
    return unavailable("The state file can't be written", remedy, UNCERTAIN);
  }
  const known = STATUSES.get(statusCode);
  if (known !== undefined) return problem(known, { detail: `${PROBLEMS[known][1]}.` });
  log.error({ event: 'admin_failed', err: error });
  return problem('internal', { detail: 'The log of the server says more.' });
}

/** What Fastify itself refuses. */
const STATUSES = new Map<number, ProblemName>([
  [400, 'bad-request'],
  [404, 'not-found'],
  [405, 'method-not-allowed'],
  [408, 'request-timeout'],
  [413, 'too-large'],
  [414, 'too-large'],
  [415, 'unsupported-media-type'],
  [417, 'expectation-failed'],
  [431, 'headers-too-large'],
]);

/** What Node refuses before it is a request. */
const CLIENT_ERRORS: Readonly<Record<string, ProblemName>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
};

function clientErrorHandler(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const name = CLIENT_ERRORS[error.code ?? ''] ?? 'bad-request';
  const [status, title] = PROBLEMS[name];
  const body = JSON.stringify(problem(name, { detail: `${title}.` }).body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
