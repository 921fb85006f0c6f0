import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** As it was sent. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An HTTP server on 127.0.0.1 that a function stands behind. */
export async function startHttpServer(
  t: Pick<Test, 'teardown'>,
  answer: (asked: Asked) => Answer | Promise<Answer>,
): Promise<string> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, 'http://stand-in');
    const body = Buffer.concat(parts).toString();
    const asked = { method, path: pathname, query: searchParams, url, headers, body };
    const given = await answer(asked);
    response.writeHead(given.status, given.headers).end(given.body);
  });
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers that are given in place of the next ones. */
export class Mishaps {
  readonly #next: Answer[] = [];

  add(...answers: readonly Answer[]): void {
    this.#next.push(...answers);
  }

  take(): Answer | undefined {
    return this.#next.shift();
  }
}
