import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect, isIPv6 } from 'node:net';
import { Frames, framed } from '../dns/frames.ts';
import { isResponseTo, isTruncated } from '../dns/response.ts';
import { unreachable } from './not-announced.ts';

/** Where a DNS server listens, on UDP and TCP. */
export interface DnsServer {
  /** An address, or a name. */
  readonly host: string;
  readonly port: number;
}

export interface DnsTimes {
  /** How long each sending over UDP is waited for, in milliseconds; one after the other. */
  readonly udp: readonly number[];
  /** How long TCP may take as a whole, in milliseconds. */
  readonly tcp: number;
}

export const USUAL_TIMES: DnsTimes = { udp: [1000, 2000, 3000], tcp: 8000 };

// RFC 9715 section 3.2: what is longer may be lost in fragments.
const MOST_OVER_UDP = 1232;

/**
 * Sends a message until there is a response that `accept` takes: over UDP, several times since packets are lost; then
 * over TCP, which is also for what does not fit. So it may arrive more than once.
 * Throws NotAnnounced where there is none, and the signal's reason once it is aborted.
 */
export async function exchange(
  server: DnsServer,
  message: Buffer,
  accept: (response: Buffer) => boolean,
  { signal, times }: { readonly signal: AbortSignal; readonly times: DnsTimes },
): Promise<Buffer> {
  const address = await addressOf(server, signal);
  const isTaken = (bytes: Buffer) => isResponseTo(message, bytes) && (isTruncated(bytes) || accept(bytes));
  if (message.length <= MOST_OVER_UDP) {
    const response = await overUdp({ ...server, host: address }, message, {
      isTaken,
      signal,
      waits: times.udp,
    });
    if (response !== undefined && !isTruncated(response)) return response;
  }
  return overTcp({ ...server, host: address }, message, { isTaken, signal, time: times.tcp });
}

async function addressOf({ host }: DnsServer, signal: AbortSignal): Promise<string> {
  try {
    const { address } = await lookup(host);
    return address;
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(`The name ${host} has no address (${(error as NodeJS.ErrnoException).code})`);
  }
}

interface UdpOptions {
  readonly isTaken: (bytes: Buffer) => boolean;
  readonly signal: AbortSignal;
  readonly waits: readonly number[];
}

/** Undefined where nothing comes, or nobody is there: TCP will tell. */
function overUdp(
  { host, port }: DnsServer,
  message: Buffer,
  { isTaken, signal, waits }: UdpOptions,
): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const end = (settle: () => void) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.close();
      settle();
    };
    const onAbort = () => end(() => reject(signal.reason));
    const sendAt = (turn: number) => {
      const wait = waits[turn];
      if (wait === undefined) {
        end(() => resolve(undefined));
        return;
      }
      socket.send(message);
      timer = setTimeout(() => sendAt(turn + 1), wait);
    };
    socket.on('error', () => end(() => resolve(undefined)));
    socket.on('message', (bytes) => {
      if (isTaken(bytes)) end(() => resolve(bytes));
    });
    socket.on('connect', () => sendAt(0));
    if (signal.aborted) onAbort();
    else {
      signal.addEventListener('abort', onAbort);
      socket.connect(port, host);
    }
  });
}

interface TcpOptions {
  readonly isTaken: (bytes: Buffer) => boolean;
  readonly signal: AbortSignal;
  readonly time: number;
}

async function overTcp(
  { host, port }: DnsServer,
  message: Buffer,
  { isTaken, signal, time }: TcpOptions,
): Promise<Buffer> {
  const late = AbortSignal.timeout(time);
  const socket = connect({ host, port, signal: AbortSignal.any([signal, late]) });
  try {
    socket.write(framed(message));
    const frames = new Frames();
    for await (const part of socket as AsyncIterable<Buffer>) {
      const response = frames.take(part).find((bytes) => isTaken(bytes));
      if (response !== undefined) return response;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) {
      throw unreachable(`No connection to ${host} port ${port} (${(error as NodeJS.ErrnoException).code})`);
    }
    throw unreachable(`No answer from ${host} port ${port} over UDP or TCP`);
  } finally {
    socket.destroy();
  }
  throw unreachable(`${host} port ${port} closed the connection without an answer`);
}
