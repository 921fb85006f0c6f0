import { isIP } from 'node:net';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { quote } from '../../flaws/quote.ts';
import type { Secret } from './secret.ts';
import type { Settings } from './settings.ts';

/** What the operator sets of the admin API. */
export interface Admin {
  /** A token of the scope admin that stands in the configuration and not in the state file. */
  readonly token: Secret | undefined;
  /** The addresses and networks of proxies whose X-Forwarded-For is believed. */
  readonly proxies: readonly string[];
}

// 128 bits in hexadecimal digits.
const SHORTEST_TOKEN = 32;

export function readAdmin({ admin_token: token, admin_proxies = '' }: Settings): Parsed<Admin> {
  const proxies = admin_proxies
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const flaws = proxies.filter((proxy) => !isNetwork(proxy)).map(noNetwork);
  if (token !== undefined && !isToken(token.reveal())) flaws.push(WEAK_TOKEN);
  if (flaws.length > 0) return flawed(...flaws);
  return parsed({ token, proxies });
}

/** What fits in a header and can't be guessed. */
function isToken(text: string): boolean {
  return /^[\w.~+/-]+=*$/.test(text) && text.length >= SHORTEST_TOKEN && text.length <= 512;
}

const WEAK_TOKEN: Flaw = {
  path: 'admin_token',
  message: `Is no token of at least ${SHORTEST_TOKEN} letters and digits`,
  remedy: 'Make one with: openssl rand -hex 32',
};

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const longest = { 4: 32, 6: 128 }[isIP(address)];
  if (longest === undefined || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest);
}

function noNetwork(text: string): Flaw {
  const message = `${quote(text)} is no address or network`;
  return { path: 'admin_proxies', message, remedy: 'Write for example 127.0.0.1, or 10.0.0.0/8' };
}
