import http, { type Server } from 'node:http';

/** The plain HTTP listener: there is nothing to see, since no sender reads a policy over it. */
export function createPlainServer(answered: (status: number) => void): Server {
  const options = {
    maxHeaderSize: 8 * 1024,
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 5_000,
  };
  const body = 'Not found\n';
  return http.createServer(options, (_request, response) => {
    answered(404);
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'content-length': body.length });
    response.end(body);
  });
}
