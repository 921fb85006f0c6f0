import type { AnswerStore } from '../access/answer-store.ts';
import type { AuditStore } from '../access/audit-store.ts';
import type { HappeningStore } from '../access/happening.ts';
import type { TokenStore } from '../access/token-store.ts';
import type { Hostname } from '../names/hostname.ts';
import type { TenantDesk } from '../tenant/desk.ts';
import type { Publication } from '../tenant/publication.ts';
import type { DesiredRecord } from '../tenant/records.ts';
import type { Revision } from '../tenant/revision.ts';

/** What the API reads and changes. */
export interface Parts {
  readonly desk: TenantDesk;
  readonly tokens: TokenStore;
  readonly audit: AuditStore;
  readonly happenings: HappeningStore;
  readonly answers: AnswerStore;
  readonly history: History;
  /** Where the newest revision is on its way. */
  publication(domain: Hostname): Publication | undefined;
  /** The records that the tenant is to have in DNS. */
  records(domain: Hostname): readonly DesiredRecord[];
  /** Milliseconds since 1970. */
  now(): number;
}

/** What was served of a tenant, whether it still is or not. */
export interface History {
  /** Oldest first. */
  revisions(domain: Hostname): readonly Revision[];
}
