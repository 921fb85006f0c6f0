/** One measured thing. */
export interface Figure {
  readonly case: string;
  /** Who was measured. */
  readonly server: string;
  /** What was measured, such as `processor time per request`. */
  readonly what: string;
  readonly unit: 'µs' | 's' | 'ms' | 'MB' | '/s' | '/min';
  /** The median of the rounds; null where it was not measured, and then a note says why. */
  readonly value: number | null;
  readonly rounds: readonly number[];
  /** Answers that were wrong or missing while measuring, and faults that the verification found. */
  readonly errors: number;
  readonly notes: readonly string[];
  /** The server of the same case that a ratio is given to. */
  readonly baseline?: string;
}

/** The middle one, or the mean of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The figure's value over its baseline's, where both were measured. */
export function ratioOf(figure: Figure, all: readonly Figure[], baseline = figure.baseline): number | null {
  const other = all.find(
    ({ case: name, server, what }) =>
      name === figure.case && what === figure.what && server === baseline && server !== figure.server,
  );
  if (figure.value === null || other?.value === null || other === undefined) return null;
  return figure.value / other.value;
}
