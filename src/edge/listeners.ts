import { lookup } from 'node:dns/promises';
import { BoundSocket, createServer } from 'node:net';
import type { ListenAddress } from './messages.ts';

/**
 * Sockets that are bound here, in the primary, and listened on by the workers. What waits on them for a worker
 * stays there while workers come and go; only the last process that closes one ends it.
 */
export class Listeners {
  readonly addresses: readonly ListenAddress[];
  readonly #sockets: readonly BoundSocket[];

  private constructor(addresses: readonly ListenAddress[], sockets: readonly BoundSocket[]) {
    this.addresses = addresses;
    this.#sockets = sockets;
  }

  /** Binds them all, or none. Throws a {@link ListenError}. */
  static async bind(addresses: readonly ListenAddress[]): Promise<Listeners> {
    const sockets: BoundSocket[] = [];
    const bound: ListenAddress[] = [];
    try {
      for (const address of addresses) {
        const socket = await bind(address);
        sockets.push(socket);
        bound.push({ host: address.host, port: socket.address().port });
      }
    } catch (error) {
      for (const socket of sockets) socket.close();
      throw error;
    }
    return new Listeners(bound, sockets);
  }

  /** The descriptors to give to a worker. */
  get descriptors(): readonly number[] {
    return this.#sockets.map((socket) => socket.fd());
  }

  /**
   * Leaves them to the workers, which are to end. From now on hardly a connection waits to be accepted, for those are
   * reset when the last worker closes: the kernel does not answer who comes while one does, and they try again in a
   * second, when nobody listens.
   */
  close(): void {
    for (const socket of this.#sockets) createServer().listen(socket, LEAST_BACKLOG).close();
  }
}

// Node takes no backlog of 0; the kernel lets one more wait than this.
const LEAST_BACKLOG = 1;

async function bind({ host, port }: ListenAddress): Promise<BoundSocket> {
  try {
    const { address } = await lookup(host);
    return new BoundSocket({ host: address, port });
  } catch (error) {
    throw new ListenError(error, { host, port });
  }
}

/** Nobody can listen there. */
export class ListenError extends Error {
  /** Such as EADDRINUSE or EACCES. */
  readonly code: string;

  constructor(cause: unknown, { host, port }: ListenAddress) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    super(`Can't listen on ${host.includes(':') ? `[${host}]` : host}:${port} (${code})`, { cause });
    this.code = code;
  }
}
