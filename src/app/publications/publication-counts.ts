import type { AnnounceOutcome } from '../../tenant/announcement.ts';

/** What came of publications since the start, for the metrics. */
export class PublicationCounts {
  readonly announcements = new Map<AnnounceOutcome['outcome'], number>();
  /** Ids that were found to be no longer in DNS as they had been confirmed. */
  drift = 0;
  /** Texts that were taken back. */
  takenBack = 0;

  announced(outcome: AnnounceOutcome['outcome']): void {
    this.announcements.set(outcome, (this.announcements.get(outcome) ?? 0) + 1);
  }
}
