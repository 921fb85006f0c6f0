import http, { type Server, type ServerResponse } from 'node:http';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

/** The listener for the operator's own eyes: `/metrics`, `/livez` and `/readyz`. */
export function createOperationsServer(metrics: Metrics, readHealth: () => Health): Server {
  return http.createServer({ requestTimeout: 10_000 }, (request, response) => {
    switch (request.url) {
      case '/livez':
        return answer(response, 200, 'text/plain; charset=utf-8', 'alive\n');
      case '/readyz': {
        const found = readHealth();
        return answer(
          response,
          found.status === 'ready' ? 200 : 503,
          'application/json',
          `${JSON.stringify(found)}\n`,
        );
      }
      case '/metrics':
        return void metrics.read().then((text) => answer(response, 200, metrics.contentType, text));
      default:
        return answer(
          response,
          404,
          'text/plain; charset=utf-8',
          'Not found: /metrics, /livez and /readyz are here\n',
        );
    }
  });
}

function answer(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
