import { isIPv4, isIPv6 } from 'node:net';
import type { ListenAddress } from '../../edge/messages.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { quote } from '../../flaws/quote.ts';

const OFF = 'off';
const MOST_PORT = 65_535;

/**
 * Reads `address:port`, several joined by commas, or `off`, which is none. An IPv6 address stands in brackets.
 * `path` is the key that they were given to.
 */
export function parseAddresses(path: string, text: string): Parsed<readonly ListenAddress[]> {
  if (text.trim() === OFF) return parsed([]);
  const parts = text.split(',').map((part) => part.trim());
  const addresses = parts.map(parseAddress);
  const flaws = parts.flatMap((part, index): Flaw[] => {
    if (addresses[index] !== undefined) return [];
    const remedy = 'Write for example "127.0.0.1:8443" or "[::]:443"';
    return [{ path, message: `${quote(part)} is no address with a port`, remedy }];
  });
  return flaws.length > 0 ? flawed(...flaws) : parsed(addresses.filter((address) => address !== undefined));
}

/** As it was written, or would be. */
export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function parseAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text);
  const [, bracketed, plain, digits] = match ?? [];
  const port = Number(digits);
  const host = bracketed === undefined ? plainHost(plain ?? '') : isIPv6(bracketed) ? bracketed : undefined;
  return host === undefined || port > MOST_PORT ? undefined : { host, port };
}

/** A name, or an IPv4 address that is one: no number is taken for a name. */
function plainHost(text: string): string | undefined {
  const isName = /^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(text) && !/(^|\.)\d+$/.test(text);
  return isName || isIPv4(text) ? text : undefined;
}
