import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { framed } from '../dns/frames.ts';

/** Longer queries than this are none: a question, EDNS and a signature take some hundred octets. */
const MOST_QUERY = 4_096;
const LENGTH = 2;

/**
 * Serves the queries of one TCP connection in their order, several waiting at once too (RFC 7766 section 6.2.1), until
 * the client ends it, nothing goes on for `idle` milliseconds, or something comes that is no query.
 */
export async function serveConnection(
  socket: Socket,
  idle: number,
  respond: (message: Buffer) => Iterable<Buffer>,
): Promise<void> {
  socket.setNoDelay(true);
  socket.setTimeout(idle, () => socket.destroy());
  // Not `once`, which fails at the error that may come before.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  try {
    for await (const query of queriesOf(socket)) {
      let isFirst = true;
      for (const message of respond(query)) {
        // Between the messages of a long transfer others are answered.
        if (!isFirst) await nextTurn();
        isFirst = false;
        const isTaken = socket.write(framed(message));
        if (!isTaken) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
        if (socket.destroyed) return;
      }
    }
    socket.end();
  } catch {
    // A client that is gone, or that says what nobody understands.
    socket.destroy();
  }
}

async function* queriesOf(socket: Socket): AsyncIterable<Buffer> {
  let waiting: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    let at = 0;
    while (waiting.length - at >= LENGTH) {
      const length = waiting.readUInt16BE(at);
      if (length > MOST_QUERY) throw new RangeError(`a query of ${length} octets`);
      const end = at + LENGTH + length;
      if (end > waiting.length) break;
      yield waiting.subarray(at + LENGTH, end);
      at = end;
    }
    waiting = waiting.subarray(at);
  }
}
