import type { Announcement, AnnounceOutcome } from '../tenant/announcement.ts';

export type { Announcement, AnnounceOutcome };

/** Whoever brings records into DNS. */
export interface Publisher {
  /**
   * Brings one record set into DNS: at any time, any number of times, to the same effect.
   * Fails with the signal's reason once it is aborted; all else is an outcome.
   */
  announce(announcement: Announcement, signal: AbortSignal): Promise<AnnounceOutcome>;
}
