/** The records of one name: its labels in wire form as Latin-1, without the zone, and its records without owner. */
export interface ZoneEntry {
  readonly key: string;
  readonly records: Buffer;
}

/** What came and went between two serials. */
export interface Difference {
  readonly from: number;
  readonly to: number;
  readonly removed: readonly ZoneEntry[];
  readonly added: readonly ZoneEntry[];
}

const MOST_BYTES = 4 * 1024 * 1024;
/** What an entry costs besides its records. */
const OVERHEAD = 100;

/** The last changes of a zone, so that a secondary gets no more than what it lacks (RFC 1995). */
export class Journal {
  readonly #most: number;
  readonly #differences: Difference[] = [];
  #bytes = 0;

  /** @param most bytes kept. */
  constructor(most = MOST_BYTES) {
    this.#most = most;
  }

  add(difference: Difference): void {
    this.#differences.push(difference);
    this.#bytes += sizeOf(difference);
    while (this.#bytes > this.#most) {
      const oldest = this.#differences.shift();
      if (oldest === undefined) return;
      this.#bytes -= sizeOf(oldest);
    }
  }

  /** What came and went since, oldest first; undefined where that is not known any more. */
  since(serial: number): readonly Difference[] | undefined {
    const first = this.#differences.findIndex(({ from }) => from === serial);
    return first < 0 ? undefined : this.#differences.slice(first);
  }
}

function sizeOf({ removed, added }: Difference): number {
  return [...removed, ...added].reduce(
    (sum, { key, records }) => sum + OVERHEAD + key.length + records.length,
    0,
  );
}
