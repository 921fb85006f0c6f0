const HOUR = 3600_000;
const DAY = 24 * HOUR;

/** At most `count` (1 or more) in any stretch of `window` milliseconds. */
interface Limit {
  readonly count: number;
  readonly window: number;
}

type LimitName = 'new-orders' | 'certificates-per-domain' | 'same-names' | 'failed-validations';
/** The limits of one account. One that is absent does not bind. */
export type Limits = Readonly<Partial<Record<LimitName, Limit>>>;

/**
 * What Let's Encrypt publishes. It keeps token buckets; whoever stays within a sliding window of the same figures
 * stays within the bucket too, and within the windows of CAs that count so.
 */
export const LETS_ENCRYPT: Limits = {
  'new-orders': { count: 300, window: 3 * HOUR },
  'certificates-per-domain': { count: 50, window: 7 * DAY },
  'same-names': { count: 5, window: 7 * DAY },
  'failed-validations': { count: 5, window: HOUR },
};

/** One unit of a limit, such as one more certificate for `example.com`. */
export interface Charge {
  readonly limit: LimitName;
  readonly subject: string;
}

/** So many units that count until then. */
export interface Slot {
  readonly until: number;
  readonly count: number;
}

/** What counts now, by {@link chargeKey}, oldest slot first: plain values, a store row each. */
export interface Ledger {
  get(key: string): readonly Slot[] | undefined;
}

/** Entries of a ledger to be put in place of those that are there; one without slots may be dropped. */
export type LedgerChanges = ReadonlyMap<string, readonly Slot[]>;

export type Verdict =
  | { readonly may: true }
  | { readonly may: false; readonly until: number; readonly charge: Charge };

// Units are counted in slots of this part of the window, so that an entry has few of them, and count until their whole
// slot has left the window: up to this part of a limit is given away.
const SLOTS = 60;

function chargeKey({ limit, subject }: Charge): string {
  return `${limit} ${subject}`;
}

/**
 * Whether all charges may be made now, else when at the earliest. `share` is the part of the new orders that the asker
 * may use up: who is likely to fail leaves some to the others.
 */
export function ask(
  ledger: Ledger,
  limits: Limits,
  charges: readonly Charge[],
  now: number,
  share = 1,
): Verdict {
  let verdict: Verdict = { may: true };
  for (const charge of charges) {
    const limit = limits[charge.limit];
    if (limit === undefined) continue;
    const count = charge.limit === 'new-orders' ? Math.max(1, Math.floor(limit.count * share)) : limit.count;
    const until = freeAt(liveSlots(ledger.get(chargeKey(charge)), limit, now), count, now);
    if (until > now && (verdict.may || until > verdict.until)) verdict = { may: false, until, charge };
  }
  return verdict;
}

/** The entries that change when these charges are made. Ask first: it does not refuse. */
export function spend(
  ledger: Ledger,
  limits: Limits,
  charges: readonly Charge[],
  now: number,
): LedgerChanges {
  const changes = new Map<string, readonly Slot[]>();
  for (const charge of charges) {
    const limit = limits[charge.limit];
    if (limit === undefined) continue;
    const key = chargeKey(charge);
    const slots = liveSlots(changes.get(key) ?? ledger.get(key), limit, now);
    changes.set(key, addTo(slots, slotEnd(limit, now)));
  }
  return changes;
}

/** The entries that change when charges that were made at `spentAt` turn out not to count. */
export function refund(
  ledger: Ledger,
  limits: Limits,
  charges: readonly Charge[],
  spentAt: number,
): LedgerChanges {
  const changes = new Map<string, readonly Slot[]>();
  for (const charge of charges) {
    const limit = limits[charge.limit];
    const slots = ledger.get(chargeKey(charge));
    if (limit === undefined || slots === undefined) continue;
    const end = slotEnd(limit, spentAt);
    const fewer = slots.map(({ until, count }) => ({ until, count: until === end ? count - 1 : count }));
    const left = fewer.filter(({ count }) => count > 0);
    changes.set(chargeKey(charge), left);
  }
  return changes;
}

/** The keys of entries in which nothing counts any more. */
export function spentKeys(ledger: LedgerChanges, now: number): readonly string[] {
  return [...ledger].filter(([, slots]) => slots.every(({ until }) => until <= now)).map(([key]) => key);
}

function freeAt(slots: readonly Slot[], count: number, now: number): number {
  let used = slots.reduce((sum, slot) => sum + slot.count, 0);
  let until = now;
  for (const slot of slots) {
    if (used < count) break;
    used -= slot.count;
    until = slot.until;
  }
  return until;
}

function liveSlots(slots: readonly Slot[] | undefined, { window }: Limit, now: number): readonly Slot[] {
  // What ends beyond two windows was written by a clock that was set back since.
  return (slots ?? []).filter(({ until }) => until > now && until <= now + 2 * window);
}

function slotEnd({ window }: Limit, now: number): number {
  const width = window / SLOTS;
  return (Math.floor(now / width) + 1) * width + window;
}

function addTo(slots: readonly Slot[], until: number): readonly Slot[] {
  const others = slots.filter((slot) => slot.until !== until);
  const count = slots.find((slot) => slot.until === until)?.count ?? 0;
  return [...others, { until, count: count + 1 }].sort((one, other) => one.until - other.until);
}
