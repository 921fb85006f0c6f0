import { once } from 'node:events';
import { connect } from 'node:net';
import { Frames, framed } from '../../src/dns/frames.ts';

/** Sends one message over TCP and gives the answers until they are `enough`; 30 seconds at most. */
export async function exchange(
  port: number,
  message: Uint8Array,
  enough: (answers: readonly Buffer[]) => boolean,
): Promise<readonly Buffer[]> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect', { signal: AbortSignal.timeout(30_000) });
  socket.setTimeout(30_000, () => socket.destroy(new Error('no answer in 30 seconds')));
  socket.write(framed(message));
  const frames = new Frames();
  const answers: Buffer[] = [];
  for await (const part of socket as AsyncIterable<Buffer>) {
    answers.push(...frames.take(part));
    if (enough(answers)) break;
  }
  return answers;
}
