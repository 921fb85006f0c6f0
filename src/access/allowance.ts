import { LRUCache } from 'lru-cache';

interface Bucket {
  /** What was left, at `at`. */
  readonly left: number;
  readonly at: number;
}

export interface AllowanceOptions {
  /** How many at once. */
  readonly burst: number;
  readonly perMinute: number;
  /** Of so many keys the state is kept; the one not heard of for longest is forgotten first. */
  readonly keys: number;
}

/** Lets each key do something so often and no more: a token bucket per key. Times are in milliseconds. */
export class Allowance {
  readonly #options: AllowanceOptions;
  readonly #buckets: LRUCache<string, Bucket>;

  constructor(options: AllowanceOptions) {
    this.#options = options;
    this.#buckets = new LRUCache({ max: options.keys });
  }

  /** Takes one. @returns 0 where there was one to take, else how long until there is. */
  take(key: string, now: number): number {
    const { burst, perMinute } = this.#options;
    const perMillisecond = perMinute / 60_000;
    const { left, at } = this.#buckets.get(key) ?? { left: burst, at: now };
    // A clock that was set back brings nothing, and takes nothing either.
    const filled = Math.min(burst, left + Math.max(0, now - at) * perMillisecond);
    if (filled < 1) return Math.ceil((1 - filled) / perMillisecond);
    this.#buckets.set(key, { left: filled - 1, at: now });
    return 0;
  }
}
