import { formatAddress } from '../app/config/addresses.ts';
import type { ListenAddress } from '../edge/messages.ts';

/** An address to connect to, with its port. */
export function reachable({ host, port }: ListenAddress): string {
  return formatAddress({ host: reachableHost(host), port });
}

/** A host to connect to; a wildcard address is reached over loopback. */
export function reachableHost(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
}
