import http, { type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { ListenError } from '../../edge/listeners.ts';
import type { ListenAddress } from '../../edge/messages.ts';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

export interface OperationsOptions {
  readonly metrics: Pick<Metrics, 'read' | 'contentType'>;
  health(): Health;
  readonly log: Logger;
}

/** The listeners for the operator's own eyes. */
export interface Operations {
  /** Throws a {@link ListenError} where it can't. */
  listen(): Promise<readonly ListenAddress[]>;
  close(): Promise<void>;
}

/** One server for each address. */
export function openOperations(addresses: readonly ListenAddress[], options: OperationsOptions): Operations {
  const servers = addresses.map((address) => ({ address, server: createOperationsServer(options) }));
  return {
    listen: () => Promise.all(servers.map(({ server, address }) => listen(server, address))),
    close: async () => {
      await Promise.all(servers.map(({ server }) => closeServer(server)));
    },
  };
}

interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';

/** The listener for the operator's own eyes: `/metrics`, `/livez` and `/readyz`. */
export function createOperationsServer(options: OperationsOptions): Server {
  const pages = new Map<string, () => Page | Promise<Page>>([
    ['/livez', () => ({ status: 200, contentType: TEXT, body: 'alive\n' })],
    ['/readyz', () => readiness(options.health())],
    ['/metrics', async () => scrape(options.metrics)],
  ]);
  return http.createServer({ requestTimeout: 10_000 }, (request, response) => {
    const page = pages.get(request.url?.split('?')[0] ?? '');
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    if (page === undefined) write(response, NOT_FOUND);
    else if (!isReading) write(response, METHOD_NOT_ALLOWED, { allow: 'GET, HEAD' });
    else void answer(page, options.log).then((found) => write(response, found));
  });
}

/** Whatever fails here must not take the policies down with it. */
async function answer(page: () => Page | Promise<Page>, log: Logger): Promise<Page> {
  try {
    return await page();
  } catch (error) {
    log.error({ event: 'operations_failed', err: error });
    return FAILED;
  }
}

const NOT_FOUND = {
  status: 404,
  contentType: TEXT,
  body: 'Not found: /metrics, /livez and /readyz are here\n',
};
const METHOD_NOT_ALLOWED = { status: 405, contentType: TEXT, body: 'Method not allowed\n' };
const FAILED = { status: 500, contentType: TEXT, body: 'Internal error: the log says more\n' };

function readiness(found: Health): Page {
  const status = found.status === 'ready' ? 200 : 503;
  return { status, contentType: 'application/json', body: `${JSON.stringify(found)}\n` };
}

async function scrape(metrics: OperationsOptions['metrics']): Promise<Page> {
  return { status: 200, contentType: metrics.contentType, body: await metrics.read() };
}

function write(
  response: ServerResponse,
  { status, contentType, body }: Page,
  others: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...others,
  });
  response.end(body);
}

async function listen(server: Server, address: ListenAddress): Promise<ListenAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ListenError(error, address)));
    server.listen({ ...address }, resolve);
  });
  return { host: address.host, port: (server.address() as AddressInfo).port };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
