/**
 * How many steps may start of renewals that are in no hurry. They share processor and disk with the answers to
 * senders, and have days: so they go at a walk, also where thousands are asked for at once.
 */
export interface Pace {
  /** Steps, looks and orders, that may start now; has a fraction. */
  readonly left: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

// 18,000 certificates an hour of a look and an order each, while an order's work stays under a tenth of a processor.
const STEPS_PER_SECOND = 10;
// After a while without any: what an operator asks for by hand starts at once.
const MOST_AT_ONCE = 20;

export const RESTED: Pace = { left: MOST_AT_ONCE, at: 0 };

export function paceAt({ left, at }: Pace, now: number): Pace {
  // A clock that was set back gives nothing, and takes nothing.
  const gained = (Math.max(0, now - at) / 1000) * STEPS_PER_SECOND;
  return { left: Math.min(MOST_AT_ONCE, left + gained), at: now };
}
