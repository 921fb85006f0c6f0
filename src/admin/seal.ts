import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const SIZES = { key: 32, nonce: 12, tag: 16 };

/**
 * A key that nobody has but whoever shows the token. Answers are kept under it, since one may hold a new token's text,
 * which nobody is to find in the state file.
 */
export function sealingKey(token: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', token, '', 'postseal kept answer', SIZES.key));
}

export function seal(key: Uint8Array, text: string): Uint8Array {
  const nonce = randomBytes(SIZES.nonce);
  const cipher = createCipheriv(CIPHER, key, nonce);
  const sealed = [cipher.update(text, 'utf8'), cipher.final()];
  return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]);
}

/** Throws where it was sealed with another key, or is not as it was. */
export function unseal(key: Uint8Array, sealed: Uint8Array): string {
  const begin = SIZES.nonce + SIZES.tag;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, SIZES.nonce));
  decipher.setAuthTag(sealed.subarray(SIZES.nonce, begin));
  return decipher.update(sealed.subarray(begin), undefined, 'utf8') + decipher.final('utf8');
}
