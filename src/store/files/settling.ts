/** Milliseconds that a document which may be half written must stay unchanged before it is believed. */
const SETTLING_TIME = 1_000;

const MOST_SEEN = 100_000;

export interface Clocks {
  /** The wall clock that file times come from, in milliseconds since 1970. */
  now(): number;
  /** A clock that never steps, in milliseconds. */
  uptime(): number;
}

/** Tells how long a file has been left alone, also where the wall clock or the file's times are wrong. */
export class Settling {
  readonly #clocks: Clocks;
  readonly #seen = new Map<string, { readonly stamp: string; readonly since: number }>();

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** The milliseconds for which this content, last changed at `changedAt`, is still to be left alone; 0 when settled. */
  remaining(file: string, stamp: string, changedAt: number): number {
    const byFileTime = this.#byFileTime(changedAt);
    if (byFileTime === 0) {
      this.#seen.delete(file);
      return 0;
    }
    return Math.min(byFileTime, this.#byUptime(file, stamp));
  }

  #byFileTime(changedAt: number): number {
    const age = this.#clocks.now() - changedAt;
    // A time to come tells nothing: a clock was set, or the file has been given a time.
    return age < 0 ? SETTLING_TIME : Math.max(0, SETTLING_TIME - age);
  }

  #byUptime(file: string, stamp: string): number {
    const uptime = this.#clocks.uptime();
    const seen = this.#seen.get(file);
    if (seen?.stamp === stamp) return Math.max(0, seen.since + SETTLING_TIME - uptime);
    this.#seen.delete(file);
    this.#seen.set(file, { stamp, since: uptime });
    this.#forget();
    return SETTLING_TIME;
  }

  /** The one seen longest ago, where there are many: names that came and went are never asked about again. */
  #forget(): void {
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > MOST_SEEN && oldest !== undefined) this.#seen.delete(oldest);
  }
}
