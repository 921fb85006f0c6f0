/** How what processes of one kind counted is added up. */
export interface Sum<Metrics> {
  readonly nothing: Metrics;
  add(left: Metrics, right: Metrics): Metrics;
  /** What stays of a process that ended: what it counted, not what it held. */
  ended(last: Metrics): Metrics;
}

/** What all processes counted, those that ended included: a sum never falls. */
export class Totals<Process, Metrics> {
  readonly #sum: Sum<Metrics>;
  readonly #last = new Map<Process, Metrics>();
  #ended: Metrics;

  constructor(sum: Sum<Metrics>) {
    this.#sum = sum;
    this.#ended = sum.nothing;
  }

  /** Keeps a living process's counts in place of those it told before. */
  see(child: Process, metrics: Metrics): void {
    this.#last.set(child, metrics);
  }

  end(child: Process): void {
    const last = this.#last.get(child);
    if (last === undefined) return;
    this.#last.delete(child);
    this.#ended = this.#sum.add(this.#ended, this.#sum.ended(last));
  }

  read(): Metrics {
    return [...this.#last.values()].reduce((left, right) => this.#sum.add(left, right), this.#ended);
  }
}

export type Tally = Readonly<Record<string, number>>;

export function addTallies(left: Tally, right: Tally): Tally {
  const sum: Record<string, number> = { ...left };
  for (const [key, count] of Object.entries(right)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
