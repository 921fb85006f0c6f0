import { createHash } from 'node:crypto';

/**
 * A number from 0 up to, but not including, 1 that looks random and is always the same for the same words.
 *
 * It stands where others draw lots: what is due when stays the same over restarts and on every replica.
 */
export function spread(...words: readonly (string | number)[]): number {
  const digest = createHash('sha256').update(JSON.stringify(words)).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
