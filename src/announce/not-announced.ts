import type { AnnounceOutcome } from '../tenant/announcement.ts';

/** An outcome that is no success. */
export type Failing = Exclude<AnnounceOutcome, { readonly outcome: 'announced' }>;

/** Carries an outcome from deep inside a publisher to its surface. */
export class NotAnnounced extends Error {
  readonly outcome: Failing;

  constructor(outcome: Failing) {
    super(outcome.outcome);
    this.outcome = outcome;
  }
}

export function refused(why: string, remedy: string): NotAnnounced {
  return new NotAnnounced({ outcome: 'refused', why, remedy });
}

export function unreachable(why: string): NotAnnounced {
  return new NotAnnounced({ outcome: 'unreachable', why });
}
