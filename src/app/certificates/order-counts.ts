import type { OrderOutcome } from '../../certs/issuer.ts';

type Outcome = OrderOutcome['outcome'];

/** Orders for certificates since the start, by CA and outcome. */
export class OrderCounts {
  readonly #counts = new Map<string, Map<Outcome, number>>();

  count(ca: string, outcome: Outcome): void {
    const counts = this.#counts.get(ca) ?? new Map<Outcome, number>();
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    this.#counts.set(ca, counts);
  }

  *read(): Iterable<{ readonly ca: string; readonly outcome: Outcome; readonly count: number }> {
    for (const [ca, counts] of this.#counts) {
      for (const [outcome, count] of counts) yield { ca, outcome, count };
    }
  }
}
