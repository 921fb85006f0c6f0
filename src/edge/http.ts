import http, { type Server } from 'node:http';
import type { EdgeTimes } from './times.ts';

const BODY = 'Not found\n';

/** The plain HTTP listener: there is nothing to see, since no sender reads a policy over it. */
export function createPlainServer(answered: (status: number) => void, times: EdgeTimes): Server {
  const options = {
    maxHeaderSize: 8 * 1024,
    headersTimeout: times.headers,
    requestTimeout: times.request,
    keepAliveTimeout: times.keepAlive,
    connectionsCheckingInterval: times.checking,
  };
  const server = http.createServer(options, (_request, response) => {
    answered(404);
    // Nobody who asks here has anything more to ask.
    response.writeHead(404, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': BODY.length,
      connection: 'close',
    });
    response.end(BODY);
  });
  return server.setTimeout(times.stalled);
}
