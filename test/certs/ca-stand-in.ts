import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Pebble } from '../peers/pebble.ts';
import { createTestCa } from '../peers/test-ca.ts';

/** What a request is answered with in place of the CA's own answer. */
export interface StandInAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/**
 * What becomes of a request. A string stands for a connection that is cut: before the CA hears of the request,
 * or after, so that its answer is lost. `inPlaceOfSuccess` is what is said of a request that the CA took.
 */
export type Meddling =
  | StandInAnswer
  | { readonly inPlaceOfSuccess: StandInAnswer }
  | 'cut before'
  | 'cut after'
  | ((body: string) => string)
  | undefined;

/** A server between an ACME client and the CA, for what the real one can't be brought to answer. */
export interface CaStandIn {
  readonly directory: string;
  readonly root: string;
  /** Asked for each request; what it leaves alone goes to the CA. */
  meddle: (path: string, method: string) => Meddling;
  close(): void;
}

export async function startCaStandIn(pebble: Pebble): Promise<CaStandIn> {
  const ca = await createTestCa('Stand-in');
  const { key, certificate: cert } = await ca.issue(['localhost']);
  const agent = new https.Agent({ keepAlive: true, ca: pebble.apiRoot });
  const server = https.createServer({ key, cert }, async (request, response) => {
    const { url: path = '', method = '', headers } = request;
    const meddling = standIn.meddle(path, method);
    if (meddling === 'cut before') {
      request.socket.destroy();
      return;
    }
    const body = await read(request);
    if (typeof meddling === 'object' && 'status' in meddling) {
      answerWith(response, meddling);
      return;
    }
    // The CA makes its URLs from the Host, so that all lead back here.
    const forwarded = https.request(new URL(path, pebble.directory), { method, headers, agent });
    forwarded.on('error', () => request.socket.destroy());
    forwarded.on('response', async (answer) => {
      const text = await read(answer);
      if (meddling === 'cut after') {
        request.socket.destroy();
        return;
      }
      const isTaken = (answer.statusCode ?? 502) < 400;
      if (typeof meddling === 'object' && isTaken) {
        answerWith(response, meddling.inPlaceOfSuccess);
        return;
      }
      const changed = Buffer.from(typeof meddling === 'function' ? meddling(text) : text);
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'content-length': changed.length });
      response.end(method === 'HEAD' ? undefined : changed);
    });
    forwarded.end(body);
  });
  // Those in a handshake too, of which the server itself does not know yet.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn: CaStandIn = {
    directory: `https://localhost:${(server.address() as AddressInfo).port}/dir`,
    root: ca.root,
    meddle: () => undefined,
    close: () => {
      agent.destroy();
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return standIn;
}

function answerWith(response: ServerResponse, { status, headers, body = '' }: StandInAnswer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'replay-nonce': 'used-up', ...headers }).end(text);
}

async function read(stream: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}
