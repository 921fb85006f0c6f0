import { createHash, timingSafeEqual } from 'node:crypto';
import type { TenantScope } from '../tenant/desk.ts';
import type { Scope } from './scope.ts';

/** A token of the admin API, without what it says. Times are milliseconds since 1970. */
export interface Token {
  /** A piece of the hash, by which it is looked up. */
  readonly id: string;
  /** Never given twice, since the history names it. */
  readonly name: string;
  readonly scope: Scope;
  /** The tenants that it sees and changes; undefined for all. */
  readonly only: TenantScope | undefined;
  readonly createdAt: number;
  /** The name of whoever created it. */
  readonly createdBy: string;
  readonly expiresAt: number | undefined;
  /** To some minutes. */
  readonly lastUsedAt: number | undefined;
  readonly revokedAt: number | undefined;
}

/** A token as it is kept: what it says is known by its hash alone. */
export interface KeptToken extends Token {
  readonly hash: string;
}

// A scanner that finds a leaked token knows by it whose it is.
const PREFIX = 'postseal_';

export const TOKEN_BYTES = 32;

/** What a token says, from {@link TOKEN_BYTES} random bytes: nobody can guess so many, so that a plain hash is enough. */
export function tokenText(random: Uint8Array): string {
  return `${PREFIX}${Buffer.from(random).toString('base64url')}`;
}

/** The hash of what a token says, in hexadecimal digits. */
export function tokenHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const ID_DIGITS = 16;

export function tokenId(hash: string): string {
  return hash.slice(0, ID_DIGITS);
}

export type Authentication =
  | { readonly outcome: 'known'; readonly token: Token }
  /** The token is not, or no longer, good. */
  | { readonly outcome: 'unknown' | 'expired' | 'revoked'; readonly name: string | undefined };

/** Whose token this is. It is looked up by a piece of its hash, and the whole is compared in constant time. */
export function authenticate(
  text: string,
  find: (id: string) => KeptToken | undefined,
  now: number,
): Authentication {
  const hash = tokenHash(text);
  const kept = find(tokenId(hash));
  if (kept === undefined || !timingSafeEqual(Buffer.from(hash), Buffer.from(kept.hash)))
    return { outcome: 'unknown', name: undefined };
  const { name } = kept;
  if (kept.revokedAt !== undefined) return { outcome: 'revoked', name };
  if (kept.expiresAt !== undefined && kept.expiresAt <= now) return { outcome: 'expired', name };
  return { outcome: 'known', token: kept };
}
