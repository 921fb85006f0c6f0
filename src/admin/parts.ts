import type { AnswerStore } from '../access/answer-store.ts';
import type { AuditStore } from '../access/audit-store.ts';
import type { HappeningStore } from '../access/happening.ts';
import type { TokenStore } from '../access/token-store.ts';
import type { CertificateState } from '../certs/certificate-state.ts';
import type { Hostname } from '../names/hostname.ts';
import type { AdoptionDesk } from '../tenant/adopting.ts';
import type { TenantDesk } from '../tenant/desk.ts';
import type { Publication } from '../tenant/publication.ts';
import type { TenantRecords } from '../tenant/record-format.ts';
import type { Revision } from '../tenant/revision.ts';
import type { Listeners } from './listeners.ts';

/** What the API reads and changes. */
export interface Parts {
  readonly desk: TenantDesk;
  readonly adoption: AdoptionDesk;
  readonly tokens: TokenStore;
  readonly audit: AuditStore;
  readonly happenings: HappeningStore;
  readonly answers: AnswerStore;
  readonly history: History;
  readonly certificates: CertificateDesk;
  /** Where the newest revision is on its way. */
  publication(domain: Hostname): Publication | undefined;
  records(domain: Hostname): RecordSet;
  /** Calls back when something has happened, until the function that it returns is called. */
  listen(heard: () => void): () => void;
  readonly listeners: Listeners;
  /** Milliseconds since 1970. */
  now(): number;
}

/** What was served of a tenant, whether it still is or not. */
interface History {
  /** Oldest first. */
  revisions(domain: Hostname): readonly Revision[];
}

/** The records that a tenant is to have in DNS. */
interface RecordSet extends TenantRecords {
  /** Seconds. */
  readonly ttl: number;
}

/** The certificates of policy hosts. */
export interface CertificateDesk {
  state(domain: Hostname): CertificateState;
  /** Asks for a new one now; `not-here` where none are ordered. */
  renew(domain: Hostname): 'asked' | 'not-here';
}
