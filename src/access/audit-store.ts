import type { Hostname } from '../names/hostname.ts';
import type { AuditEntry, AuditHead, AuditLine } from './audit.ts';

export interface AuditQuery {
  /** Lines before this number, the newest first. */
  readonly before: number;
  readonly most: number;
  readonly actor?: string;
  readonly action?: string;
  readonly domain?: Hostname;
  /** Milliseconds since 1970: not before, and before. */
  readonly since?: number;
  readonly until?: number;
}

/** The audit, to which lines are added and from which none is taken. */
export interface AuditStore {
  /** Durable when it returns; throws where it can't be. */
  append(entry: AuditEntry): void;
  /** All of them or none. */
  appendAll(entries: readonly AuditEntry[]): void;
  find(query: AuditQuery): readonly AuditLine[];
  /** All lines, the oldest first. */
  lines(): Iterable<AuditLine>;
  head(): AuditHead;
}
