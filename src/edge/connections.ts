import { Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { EdgeTimes } from './times.ts';

/** A server with all that was accepted on it. */
interface Closable extends Server {
  close(callback?: (error?: Error) => void): this;
}

// One turn of the event loop that took no longer, in milliseconds, found nothing to do.
const CALM = 0.5;

/** All open connections of some listeners, and the end of both. */
export class Connections {
  readonly #servers: readonly Closable[];
  /** With the bytes that had come when it was last looked. */
  readonly #open = new Map<Socket, number>();
  #accepted = 0;

  constructor(servers: readonly Closable[]) {
    this.#servers = servers;
    for (const server of servers) server.on('connection', (socket: Socket) => this.#add(socket));
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Stops accepting, and is done when all connections have ended. The server must answer every request with the end
   * of its connection by then. One over which nothing comes is closed after `times.silent`.
   */
  async drain(times: Pick<EdgeTimes, 'quiet' | 'silent'>): Promise<void> {
    const ended = this.#stopAccepting(times.quiet);
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    while (!isOver) {
      await Promise.race([ended, pause(times.silent, undefined, { ref: false })]);
      if (!isOver) this.#closeSilent();
    }
  }

  /**
   * Closes the listeners when no connection waits to be accepted, for those are reset. The event loop takes one
   * connection a turn: after a turn that took none, and hardly any time, none is there.
   */
  #stopAccepting(most: number): Promise<unknown> {
    const deadline = performance.now() + most;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    let accepted = -1;
    let before = 0;
    const turn = () => {
      const now = performance.now();
      const isCalm = accepted === this.#accepted && now - before < CALM;
      if (isCalm || now >= deadline) {
        resolve(Promise.all(this.#servers.map(stopListening)));
        this.#note();
        return;
      }
      accepted = this.#accepted;
      before = now;
      setImmediate(turn);
    };
    setImmediate(turn);
    return promise;
  }

  #add(socket: Socket): void {
    this.#accepted += 1;
    this.#open.set(socket, -1);
    socket.once('close', () => this.#open.delete(socket));
  }

  #closeSilent(): void {
    // What HTTP knows as idle ends in good order, HTTP/2 sessions by a GOAWAY.
    for (const server of this.#servers) server.close(() => {});
    for (const [socket, bytes] of this.#open) {
      if (socket.bytesRead === bytes) socket.destroy();
    }
    this.#note();
  }

  #note(): void {
    for (const socket of this.#open.keys()) this.#open.set(socket, socket.bytesRead);
  }
}

/** Not `server.close()`: it cuts kept-alive connections at once, and with them requests that are on their way. */
function stopListening(server: Server): Promise<unknown> {
  return new Promise((resolve) => Server.prototype.close.call(server, resolve));
}
