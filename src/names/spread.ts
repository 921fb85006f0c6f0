/**
 * A number from 0 up to, but not including, 1 that looks random and is always the same for the same words.
 *
 * It stands where others draw lots: what is due when stays the same over restarts and on every replica. No secret: it
 * need not withstand anybody who chooses names, so it is a quick one (FNV-1a with the last steps of MurmurHash 3).
 */
export function spread(...words: readonly (string | number)[]): number {
  const text = words.join('\n');
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
