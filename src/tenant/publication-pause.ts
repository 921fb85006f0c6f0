import { spread } from '../names/spread.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What a publication pauses for. */
export type Pausing =
  | 'certificate'
  | 'workers'
  | 'fetch'
  | 'person'
  | 'publisher'
  | 'observe'
  | 'amiss'
  | 'repair';

/**
 * The pause after the first, second, third… step in a row that brought nothing; the last one repeats. A change in
 * flight is looked at often, for somebody may be waiting for it; what waits for a person, ever more rarely.
 */
const PUBLICATION_PAUSES: Readonly<Record<Pausing, readonly number[]>> = {
  // The arrival of a certificate wakes it; this is for one that somebody puts into the folder.
  certificate: [SECOND, 2 * SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE],
  workers: [SECOND, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND],
  fetch: [2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600].map((seconds) => seconds * SECOND),
  // The publisher wants a person.
  person: [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR],
  publisher: [2, 5, 10, 20, 30, 60, 120, 300, 600].map((seconds) => seconds * SECOND),
  observe: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600].map((seconds) => seconds * SECOND),
  // Something was seen once, and is no more.
  amiss: [30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR],
  // Somebody changes back what we set: whoever it is, we do not race with them.
  repair: [SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR],
};

// No more of a pause is added by lot, so that what failed together is not tried again together.
const JITTER = 1 / 4;

/** Milliseconds to pause after so many (1 or more) steps in a row that brought nothing. */
export function publicationPause(pausing: Pausing, inRow: number, id: string): number {
  const pauses = PUBLICATION_PAUSES[pausing];
  const length = pauses[Math.min(Math.max(inRow, 1), pauses.length) - 1] ?? DAY;
  return Math.ceil(length * (1 + JITTER * spread(id, pausing, inRow)));
}

/** Milliseconds until a publication that is well is looked at again: about a day, all tenants over the whole of it. */
export function untilNextLook(id: string, now: number): number {
  return Math.ceil(DAY * (0.75 + 0.5 * spread(id, now)));
}
