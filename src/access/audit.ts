import { createHash } from 'node:crypto';
import type { Hostname } from '../names/hostname.ts';
import type { Actor } from '../tenant/desk.ts';

/** Something that was done, or that was not let be done. */
export interface AuditEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly by: Actor;
  /** Such as `tenant.replace` or `token.create`. */
  readonly action: string;
  /** The tenant that it was done to; undefined where it was to none. */
  readonly domain: Hostname | undefined;
  /** What was there before and after, as far as it tells; no secrets. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Why, or what came of it. */
  readonly cause: string;
}

/** A line of the audit, chained to the one before. */
export interface AuditLine extends AuditEntry {
  /** 1, 2, 3, … with no gap. */
  readonly number: number;
  readonly hash: string;
}

/** What the first line is chained to. */
export const AUDIT_BEGIN = '0'.repeat(64);

/** The hash of a line: of all that it says and of the line before, and so of every line before. */
export function auditHash(previous: string, number: number, entry: AuditEntry): string {
  const { at, by, action, domain, before, after, cause } = entry;
  const said = [previous, number, at, by.name, by.address, action];
  // A list in a fixed order, so that the same line gives the same text always and everywhere.
  const text = JSON.stringify([...said, domain ?? null, before ?? null, after ?? null, cause]);
  return createHash('sha256').update(text).digest('hex');
}

/** The last line, as it is kept apart from the lines. */
export interface AuditHead {
  readonly number: number;
  readonly hash: string;
}

export type AuditCheck =
  | { readonly outcome: 'whole'; readonly head: AuditHead }
  /** The first line that is not as it was written, or is missing. */
  | { readonly outcome: 'broken'; readonly number: number; readonly why: string };

/** Looks whether all lines are there as they were written, from the first to the one that `head` says is the last. */
export function checkAudit(lines: Iterable<AuditLine>, head: AuditHead): AuditCheck {
  let last: AuditHead = { number: 0, hash: AUDIT_BEGIN };
  for (const line of lines) {
    const number = last.number + 1;
    if (line.number !== number) return { outcome: 'broken', number, why: 'The line is missing' };
    if (line.hash !== auditHash(last.hash, number, line))
      return { outcome: 'broken', number, why: 'The line, or one before it, was changed' };
    last = { number, hash: line.hash };
  }
  if (last.number < head.number)
    return { outcome: 'broken', number: last.number + 1, why: 'The line is missing' };
  if (last.number > head.number || last.hash !== head.hash)
    return { outcome: 'broken', number: last.number, why: 'The line was added or changed past the head' };
  return { outcome: 'whole', head: last };
}
