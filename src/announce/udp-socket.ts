import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { networkInterfaces } from 'node:os';
import type { ListenAddress } from '../edge/messages.ts';

// The kernel cuts it to net.core.rmem_max.
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/**
 * Binds a UDP socket beside those of other processes: the kernel spreads the queries over them, by the client's
 * address and port.
 */
export function bindUdp({ host, port }: ListenAddress): Promise<Socket> {
  const socket = createSocket({
    type: isIPv6(host) ? 'udp6' : 'udp4',
    reusePort: true,
    recvBufferSize: RECEIVE_BUFFER,
    // What is sent goes to addresses, never to names.
    lookup: (address, _options, found) => found(null, address, isIPv6(address) ? 6 : 4),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

const ANY_IPV4 = '0.0.0.0';
const ANY_IPV6 = '::';

/**
 * The addresses to bind for one that may be a wildcard: it, and each of the machine's own, since an answer must leave
 * from the address that was asked, and from a wildcard socket it leaves from whichever the route prefers.
 */
export function udpAddresses(
  { host, port }: ListenAddress,
  interfaces: ReturnType<typeof networkInterfaces>,
): ListenAddress[] {
  const own = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const isMeant = (family: string) => host === ANY_IPV6 || (host === ANY_IPV4 && family === 'IPv4');
  // Link-local addresses are no place for a public server, and would need their interface's name.
  const found = own.filter(({ family, address }) => isMeant(family) && !address.startsWith('fe80'));
  return [host, ...found.map(({ address }) => address)].map((address) => ({ host: address, port }));
}
