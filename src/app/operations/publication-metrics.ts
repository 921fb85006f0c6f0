import { Counter, Gauge, type Registry } from 'prom-client';
import { PUBLICATION_STAGES } from '../../tenant/publication.ts';
import type { PublicationCensus } from '../../tenant/publication-store.ts';
import type { PublicationCounts } from '../publications/publication-counts.ts';

/** The part of the metrics that tells how policies come to senders. */
export class PublicationMetrics {
  readonly #stages: Gauge<'stage'>;
  readonly #waitingSince: Gauge;
  readonly #announcements: Counter<'outcome'>;
  readonly #drift: Counter;
  readonly #takenBack: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#stages = new Gauge({
      name: 'postseal_publications',
      help: "Tenants by the stage of their newest policy's publication",
      labelNames: ['stage'],
      registers,
    });
    this.#waitingSince = new Gauge({
      name: 'postseal_publication_waiting_since_seconds',
      help: 'Since when the publication that waits longest does, in seconds since 1970; 0 where none waits',
      registers,
    });
    this.#announcements = new Counter({
      name: 'postseal_announcements_total',
      help: 'Records that a publisher was asked to bring into DNS, by outcome',
      labelNames: ['outcome'],
      registers,
    });
    this.#drift = new Counter({
      name: 'postseal_publication_drift_total',
      help: 'Announced ids that were found to be no longer in DNS',
      registers,
    });
    this.#takenBack = new Counter({
      name: 'postseal_policies_taken_back_total',
      help: 'Policies that were announced, did not reach senders, and were taken back',
      registers,
    });
  }

  collect(counts: PublicationCounts, census: PublicationCensus | undefined): void {
    for (const counter of [this.#announcements, this.#drift, this.#takenBack]) counter.reset();
    for (const [outcome, count] of counts.announcements) this.#announcements.inc({ outcome }, count);
    this.#drift.inc(counts.drift);
    this.#takenBack.inc(counts.takenBack);
    if (census === undefined) return;
    for (const stage of PUBLICATION_STAGES) this.#stages.set({ stage }, census.stages[stage]);
    this.#waitingSince.set((census.waitingSince ?? 0) / 1000);
  }
}
