import type { Announcement, AnnounceOutcome } from '../tenant/announcement.ts';
import type { Failing } from './not-announced.ts';

export type { Announcement, AnnounceOutcome };

/** The texts that a publisher holds at a name, or why that can't be told. */
export type Presence = { readonly outcome: 'present'; readonly texts: readonly string[] } | Failing;

/** Whoever brings records into DNS. */
export interface Publisher {
  /**
   * Brings one record set into DNS: at any time, any number of times, to the same effect.
   * Fails with the signal's reason once it is aborted; all else is an outcome.
   */
  announce(announcement: Announcement, signal: AbortSignal): Promise<AnnounceOutcome>;
  /**
   * What the publisher holds at a name: what differs from what was announced is mended by announcing it again. Absent
   * where a publisher can't be asked. Fails with the signal's reason once it is aborted.
   */
  present?(name: string, signal: AbortSignal): Promise<Presence>;
}
