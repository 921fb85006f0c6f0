import type { RecordSet, ZoneChange } from './record-set.ts';

/** The records that are announced in our zone, and its serial: kept across restarts. */
export interface AnnouncedStore {
  /** Of the last change; 0 before the first. */
  serial(): number;
  /** What the zone's own records were made from at the last {@link record} that told; empty before. */
  facts(): string;
  get(name: string): RecordSet | undefined;
  /** Gives every set as they are at one moment. @returns the serial of that moment. */
  read(take: (set: RecordSet) => void): number;
  /** The names that end so. */
  ending(suffix: string): readonly string[];
  /** Durable when it returns; throws, and changes nothing, where it can't be. */
  record(change: ZoneChange, facts?: string): void;
  close(): void;
}
