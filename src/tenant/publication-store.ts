import type { Hostname } from '../names/hostname.ts';
import type { Course, PublicationStage } from './publication.ts';

/** A tenant's course, by its domain. */
export interface TenantCourse {
  readonly domain: Hostname;
  readonly course: Course;
}

/** How far publications are, and how long they wait. */
export interface PublicationCensus {
  readonly stages: Readonly<Record<PublicationStage, number>>;
  /** Since when the one that waits longest does; undefined where none waits. */
  readonly waitingSince: number | undefined;
}

/**
 * The courses of all tenants. A course begins with the recording of its revision, and is told of the tenant's leaving
 * with the recording of that, in the same transaction. Everything that writes is durable when it returns, or throws.
 */
export interface PublicationStore {
  get(domain: Hostname): Course | undefined;
  /** The next in the order of their domains, at most `most`; the first follow the empty text. */
  after(domain: string, most: number): readonly TenantCourse[];
  /** Those whose time has come, the longest awake first, at most `most`. */
  awake(now: number, most: number): readonly TenantCourse[];
  /** When the next one wakes; undefined where none does. */
  nextWake(): number | undefined;
  /** Those at a stage that wait, the longest waiting first, at most `most`. */
  waiting(most: number): readonly TenantCourse[];
  /**
   * Changes the course of a revision, as it is now in the store; nothing where a newer one has begun. To undefined,
   * the course is over and forgotten.
   * @returns the changed course.
   */
  change(
    domain: Hostname,
    number: number,
    change: (course: Course) => Course | undefined,
  ): Course | undefined;
  /** Lets these take their next step at once, all pauses forgotten. */
  wake(domains: readonly Hostname[]): void;
  /** Wakes all whose publisher has something else in hand than this. */
  wakeOthersThan(wanted: string): void;
  census(): PublicationCensus;
  close(): void;
}
