import { spread } from '../names/spread.ts';
import type { OrderOutcome } from './issuer.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type FailedOrder = Exclude<OrderOutcome, { readonly outcome: 'issued' }>;
/** What pauses are given for: an order that failed, or a look that showed that an order must fail. */
export type Setback = FailedOrder['outcome'] | 'bad-look';

/**
 * The pause after the first, second, third… failure in a row; the last one repeats.
 *
 * Those of `challenge-failed` and `caa-forbids` keep a name below five failed validations in an hour, and below what a
 * CA pauses names for (Let's Encrypt forgives one failure a day). Those of `unreachable` and `account-refused` hold for
 * the CA as a whole, too. After `rate-limited` the CA's own time counts, if it is longer.
 */
export const PAUSES: Readonly<Record<Setback, readonly number[]>> = {
  'challenge-failed': [15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY],
  'caa-forbids': [15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY],
  'rate-limited': [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR],
  paused: [DAY, 3 * DAY, 7 * DAY],
  rejected: [DAY],
  'account-refused': [HOUR, 6 * HOUR, DAY],
  unreachable: [MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE],
  'bad-look': [
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
  ],
};

// No more of a pause is added by lot, so that what failed together is not tried again together.
const JITTER = 1 / 4;

// The longest that a CA's word is taken for: the longest window of a published limit.
const LONGEST_LIMIT = 7 * DAY;
const LONGEST_LIMIT_JITTER = 10 * MINUTE;

/** Milliseconds to pause after so many (1 or more) setbacks in a row. `who` is the host, or the CA. */
export function pause(setback: Setback, inRow: number, who: string): number {
  const pauses = PAUSES[setback];
  const length = pauses[Math.min(Math.max(inRow, 1), pauses.length) - 1] ?? DAY;
  return length * (1 + JITTER * spread(who, setback, inRow));
}

/** When `who` may try again after a failed order that is the last of so many (1 or more) in a row. */
export function retryAt(failed: FailedOrder, inRow: number, who: string, at: number): number {
  const ours = at + pause(failed.outcome, inRow, who);
  return failed.outcome === 'rate-limited' ? Math.max(ours, limitEnd(failed.until, who, at)) : ours;
}

function limitEnd(until: number, who: string, at: number): number {
  const wait = Math.min(Math.max(until - at, 0), LONGEST_LIMIT);
  if (Number.isNaN(wait)) return at;
  return at + wait + Math.min(wait / 10, LONGEST_LIMIT_JITTER) * spread(who, until);
}

/** Whether the CA counts the outcome as a failed validation of the name. */
export function isFailedValidation({ outcome }: OrderOutcome): boolean {
  return outcome === 'challenge-failed' || outcome === 'caa-forbids';
}
