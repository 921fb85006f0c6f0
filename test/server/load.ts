import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import { type Address, fetchPolicy, POLICY_PATH, type PolicyRequest } from './request.ts';

/** Clients that fetch one policy again and again, each in a loop, until told to stop, refused or let down. */
export class Load {
  answered = 0;
  /** Connections that nobody accepted. */
  refused = 0;
  /** What went wrong after a connection was there. */
  readonly lost: string[] = [];
  readonly #clients: Promise<void>[] = [];
  #stopped = false;

  /** Each request over a connection of its own. */
  connecting(address: Address, request: PolicyRequest, clients: number): this {
    return this.#add(clients, () => () => fetchPolicy(address, request));
  }

  /** Each client over one connection, for as long as the server lets it. */
  keeping(address: Address, request: PolicyRequest, clients: number): this {
    return this.#add(clients, () => {
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
      return () => fetchPolicy(address, { ...request, agent });
    });
  }

  /** Each client over one HTTP/2 session, one stream after another, and a new session where one ended. */
  streaming(address: Address, { name, root: ca }: PolicyRequest, clients: number): this {
    return this.#add(clients, () => {
      let session: http2.ClientHttp2Session | undefined;
      return async () => {
        if (session === undefined || session.closed || session.destroyed) {
          session = http2.connect(`https://${address.host}:${address.port}`, { servername: name, ca });
          session.on('error', () => {});
          await once(session, 'connect');
        }
        return { status: await fetchStream(session, name) };
      };
    });
  }

  #add(clients: number, prepare: () => () => Promise<{ status: number }>): this {
    for (let client = 0; client < clients; client += 1) this.#clients.push(this.#loop(prepare()));
    return this;
  }

  async #loop(fetch: () => Promise<{ status: number }>): Promise<void> {
    while (!this.#stopped) {
      try {
        const { status } = await fetch();
        if (status !== 200) throw new Error(`status ${status}`);
        this.answered += 1;
      } catch (error) {
        const { code, message, syscall } = error as NodeJS.ErrnoException;
        if (syscall === 'connect') this.refused += 1;
        else this.lost.push(`${code} ${message}`);
        return;
      }
    }
  }

  /** Done when every client was refused, which is after the server has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#clients);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.ended();
  }
}

function fetchStream(session: http2.ClientHttp2Session, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0;
    const stream = session.request({ ':path': POLICY_PATH, ':authority': name });
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0;
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (stream.rstCode === 0) resolve(status);
      else reject(new Error(`stream closed with ${stream.rstCode}`));
    });
    stream.resume();
  });
}
