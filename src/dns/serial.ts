const MODULUS = 2 ** 32;
const HALF = 2 ** 31;

/** The serial of a zone in which nothing was changed yet. It is older than every other one, and never comes again. */
export const NO_SERIAL = 0;

/** Whether a zone with this serial is newer than one with the other (RFC 1982 section 3.2). */
export function isNewer(serial: number, other: number): boolean {
  if (serial === NO_SERIAL || other === NO_SERIAL) return serial !== other && other === NO_SERIAL;
  const ahead = modulo(serial - other);
  return ahead > 0 && ahead < HALF;
}

/**
 * The serial after `last`: the second, so that it goes on rising where the state was lost or an older backup was
 * restored, or just the next one where the clock is behind. `now` is in milliseconds since 1970.
 */
export function nextSerial(last: number, now: number): number {
  const second = modulo(Math.floor(now / 1000));
  return isNewer(second, last) ? second : modulo(last + 1) || 1;
}

function modulo(value: number): number {
  return ((value % MODULUS) + MODULUS) % MODULUS;
}
