import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';

/** The public part of an account key, with its members in the order of RFC 7638 section 3. */
export interface AccountJwk {
  readonly crv: 'P-256';
  readonly kty: 'EC';
  readonly x: string;
  readonly y: string;
}

/** Makes a new account key (ECDSA P-256) as PEM, to be kept and used for all orders. */
export function createAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** The key of an ACME account. Nothing that prints it shows the private part. */
export class AccountKey {
  readonly jwk: AccountJwk;
  /** RFC 7638 thumbprint. */
  readonly thumbprint: string;
  readonly #key: KeyObject;

  /** Throws where the PEM text is no private key of ECDSA P-256. */
  constructor(pem: string) {
    this.#key = createPrivateKey(pem);
    const { kty, crv, x = '', y = '' } = createPublicKey(this.#key).export({ format: 'jwk' });
    if (kty !== 'EC' || crv !== 'P-256') throw new TypeError('The account key is not of ECDSA P-256');
    this.jwk = { crv, kty, x, y };
    this.thumbprint = createHash('sha256').update(JSON.stringify(this.jwk)).digest('base64url');
  }

  /** Signs as ES256 does (RFC 7518 section 3.4). */
  sign(text: string): string {
    const key = { key: this.#key, dsaEncoding: 'ieee-p1363' } as const;
    return sign('sha256', Buffer.from(text), key).toString('base64url');
  }

  /** RFC 8555 section 8.1. */
  keyAuthorization(token: string): string {
    return `${token}.${this.thumbprint}`;
  }
}
