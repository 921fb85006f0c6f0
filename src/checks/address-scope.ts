/** How far an IP address is good for: the whole Internet, a private network, or this machine and its link. */
export type Scope = 'public' | 'private' | 'local';

/**
 * The scope of an address as DNS gives it, in its usual spelling. What is no address to connect to (multicast,
 * reserved, translated) counts as local.
 */
export function addressScope(address: string): Scope {
  return address.includes(':') ? ipv6Scope(address.toLowerCase()) : ipv4Scope(address);
}

/**
 * Whether to connect to an address that a stranger's zone names. Where our own name is a public one, a private address
 * is some neighbour of this server that no CA can reach, and nothing that a tenant may have looked at.
 */
export function mayConnect(address: string, own: readonly string[]): boolean {
  const scope = addressScope(address);
  return scope === 'public' || own.some((each) => addressScope(each) === scope);
}

/** The registry of special-purpose addresses (RFC 6890). */
function ipv4Scope(address: string): Scope {
  const [a = 0, b = 0] = address.split('.').map(Number);
  if (a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)) return 'private';
  // Carriers' own (RFC 6598).
  if (a === 100 && b >= 64 && b < 128) return 'private';
  if (a === 0 || a === 127 || (a === 169 && b === 254) || a >= 224) return 'local';
  return 'public';
}

function ipv6Scope(address: string): Scope {
  const mapped = /^::ffff:([\d.]+)$/.exec(address)?.[1];
  if (mapped !== undefined) return ipv4Scope(mapped);
  const first = Number.parseInt(address.split(':')[0] || '0', 16);
  // RFC 4193: fc00::/7.
  if ((first & 0xfe00) === 0xfc00) return 'private';
  // RFC 4291 section 2.4: all that is given out. 6to4 (2002::/16) may lead back to a private IPv4 address.
  return (first & 0xe000) === 0x2000 && first !== 0x2002 ? 'public' : 'local';
}
