import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { AccountKey } from './account-key.ts';

/** A signed request body in the flattened JSON form (RFC 7515 section 7.2.2). */
export interface Jws {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** Who signs: an account by its URL, or a key that has no account yet (RFC 8555 section 6.2). */
export interface Signer {
  readonly key: AccountKey;
  readonly account: string | undefined;
}

export interface SignedRequest {
  readonly url: string;
  readonly nonce: string;
  /** Undefined for POST-as-GET (RFC 8555 section 6.3). */
  readonly payload: object | undefined;
}

export function signRequest({ key, account }: Signer, { url, nonce, payload }: SignedRequest): Jws {
  const who = account === undefined ? { jwk: key.jwk } : { kid: account };
  const parts = encode({ alg: 'ES256', ...who, nonce, url }, payload);
  return { ...parts, signature: key.sign(`${parts.protected}.${parts.payload}`) };
}

/** By this a new key takes over an account (RFC 8555 section 7.3.5): signed by the new one, without a nonce. */
export function signKeyChange(
  next: AccountKey,
  { url, account, old }: { readonly url: string; readonly account: string; readonly old: AccountKey },
): Jws {
  const parts = encode({ alg: 'ES256', jwk: next.jwk, url }, { account, oldKey: old.jwk });
  return { ...parts, signature: next.sign(`${parts.protected}.${parts.payload}`) };
}

/** What ties a new account to one that a CA knows by other means (RFC 8555 section 7.3.4). */
export class ExternalAccount {
  readonly keyId: string;
  readonly #key: KeyObject;

  /** @param hmacKey in base64url, as CAs hand it out. */
  constructor(keyId: string, hmacKey: string) {
    this.keyId = keyId;
    this.#key = createSecretKey(Buffer.from(hmacKey, 'base64url'));
  }

  bind(key: AccountKey, url: string): Jws {
    const parts = encode({ alg: 'HS256', kid: this.keyId, url }, key.jwk);
    const hmac = createHmac('sha256', this.#key).update(`${parts.protected}.${parts.payload}`);
    return { ...parts, signature: hmac.digest('base64url') };
  }
}

function encode(header: object, payload: object | undefined): Pick<Jws, 'protected' | 'payload'> {
  return { protected: base64url(header), payload: payload === undefined ? '' : base64url(payload) };
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
