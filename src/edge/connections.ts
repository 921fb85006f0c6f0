import { Server, type Socket } from 'node:net';
import { setTimeout as pause, setImmediate } from 'node:timers/promises';
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
    await this.#quietMoment(times.quiet);
    // Not `server.close()`: it cuts kept-alive connections at once, and with them requests that are on their way.
    const closed = this.#servers.map((server) => {
      return new Promise((resolve) => Server.prototype.close.call(server, resolve));
    });
    const ended = Promise.all(closed);
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    this.#note();
    while (!isOver) {
      await Promise.race([ended, pause(times.silent, undefined, { ref: false })]);
      if (!isOver) this.#closeSilent();
    }
  }

  /**
   * Waits until no connection waits to be accepted, for those are reset when their listener closes. An event loop takes
   * one connection a turn: after a turn that took none and no time, none is there.
   */
  async #quietMoment(most: number): Promise<void> {
    const deadline = performance.now() + most;
    let now = performance.now();
    while (now < deadline) {
      const accepted = this.#accepted;
      const before = now;
      await setImmediate();
      now = performance.now();
      if (accepted === this.#accepted && now - before < CALM) return;
    }
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
