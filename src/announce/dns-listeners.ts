import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { ListenError, Listeners } from '../edge/listeners.ts';
import type { ListenAddress } from '../edge/messages.ts';

// A port that is free over TCP and taken over UDP is rare.
const TRIES = 20;

/** Binds the TCP sockets of DNS, at ports that are free over UDP too, or none. Throws a {@link ListenError}. */
export async function bindDns(addresses: readonly ListenAddress[]): Promise<Listeners> {
  const numeric = await Promise.all(addresses.map(numbered));
  const isAnyPort = addresses.some(({ port }) => port === 0);
  for (let tries = 1; ; tries += 1) {
    const listeners = await Listeners.bind(numeric);
    const taken = await firstTaken(listeners.addresses);
    if (taken === undefined) return listeners;
    listeners.close();
    if (!isAnyPort || tries === TRIES) throw taken;
  }
}

/** The processes are to bind the same address, whatever a name means to them. */
async function numbered(address: ListenAddress): Promise<ListenAddress> {
  try {
    return { host: (await lookup(address.host)).address, port: address.port };
  } catch (error) {
    throw new ListenError(error, address);
  }
}

async function firstTaken(addresses: readonly ListenAddress[]): Promise<ListenError | undefined> {
  for (const address of addresses) {
    try {
      await tryUdp(address);
    } catch (error) {
      return new ListenError(error, address);
    }
  }
  return undefined;
}

/** Bound alone, and closed again: one that is not read from would take its share of the queries. */
function tryUdp({ host, port }: ListenAddress): Promise<void> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port }, () => socket.close(() => resolve()));
  });
}
