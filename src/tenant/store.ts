import type { Flaw } from '../flaws/flaw.ts';
import type { Hostname } from '../names/hostname.ts';
import type { Policy } from '../policy/policy.ts';
import type { PolicyId } from '../policy/policy-id.ts';
import type { TenantQuery, TenantSummary } from './desk.ts';
import type { Serving } from './exposure.ts';
import type { Intent } from './intent.ts';
import type { Revision } from './revision.ts';
import type { Tenant } from './tenant.ts';

/** A document in the policy folder as it was last read. */
export interface DocumentEntry {
  /** The file's name, without its folder. */
  readonly file: string;
  /** The domain that the file's name stands for; undefined where it stands for none. */
  readonly domain: Hostname | undefined;
  /** What tells one content of the file from another without reading it; empty for a file that vanished. */
  readonly stamp: string;
  /** Why the document is not what is served; empty where it is. */
  readonly flaws: readonly Flaw[];
}

/** A revision to record, with the policy that its text says. */
export interface NewRevision {
  readonly domain: Hostname;
  readonly policy: Policy;
  readonly revision: Revision;
  /** It takes back another one, which did not come through. */
  readonly takesBack?: boolean;
}

/** A document that is not to be taken in again, until it changes or is removed: its policy was taken back. */
export interface Held {
  readonly domain: Hostname;
  /** Of the document as it is. */
  readonly digest: string;
  readonly flaw: Flaw;
}

/** A revision of a domain that was served elsewhere, before it came here. */
export interface AdoptedRevision extends NewRevision {
  /** Milliseconds since 1970, as in the ledger. */
  readonly from: number;
  /** Undefined while it may still be served there. */
  readonly until: number | undefined;
}

/** The free words of a tenant, to be searched by. */
export type TenantLabels = Pick<Tenant, 'domain' | 'labels'>;

/** What one pass over documents found, recorded as a whole or not at all. */
export interface Recording {
  readonly entries: readonly DocumentEntry[];
  /** Files whose entry is to be forgotten. */
  readonly forgotten: readonly string[];
  readonly revisions: readonly NewRevision[];
  /** Domains that are no longer served; their revisions and ids are kept. */
  readonly left: readonly Hostname[];
  /** Of good documents. */
  readonly labels: readonly TenantLabels[];
  /** Whose intents have come true; one to leave is kept until the document is removed. */
  readonly fulfilled: readonly Hostname[];
  /** A good entry, or the leaving, of the same domain ends it later. */
  readonly held: readonly Held[];
  readonly now: number;
}

/** A recording to which what is to be recorded is added. */
export const NOTHING_FOUND: Omit<Recording, 'now'> = {
  entries: [],
  forgotten: [],
  revisions: [],
  left: [],
  labels: [],
  fulfilled: [],
  held: [],
};

/** An id that may stand in DNS, since every worker serves its text (promise I2). */
export interface Announceable {
  readonly domain: Hostname;
  readonly id: PolicyId;
}

/** Revisions, ids, the exposure ledger and the index of documents. */
export interface TenantStore {
  /** Durable when it returns; throws, and changes nothing, where it can't be. */
  record(recording: Recording): void;
  /**
   * Every worker serves the newest revision of these domains, or of all, and nothing of those that left: the ledger of
   * what they served before is closed, and the newest ids may be announced. Throws as `record`.
   */
  settle(domains: readonly Hostname[] | 'all', now: number): void;
  /**
   * These were served elsewhere: their ids are never used again, and the ledger knows until when senders may hold them
   * (promises I1 and I9). None of their domains may be served here now. Durable or not done, as `record`.
   */
  adopt(revisions: readonly AdoptedRevision[]): void;
  /** Nothing of these domains is served elsewhere any more: the ledger of what was adopted is closed. Throws as `record`. */
  settleAdopted(domains: readonly Hostname[], now: number): void;
  /** Tenants that left, by a forced removal for example, while workers may still serve them. */
  leaving(): readonly Hostname[];
  /** The newest revision ever, of a tenant that left too, so that an id is never used again. */
  newest(domain: Hostname): Revision | undefined;
  revisions(domain: Hostname): readonly Revision[];
  servings(domain: Hostname): readonly Serving[];
  isServed(domain: Hostname): boolean;
  labels(domain: Hostname): Tenant['labels'];
  held(domain: Hostname): Held | undefined;
  /** One page of the served tenants, in the order of their domains. */
  list(query: TenantQuery): readonly TenantSummary[];
  summary(domain: Hostname): TenantSummary | undefined;
  /** Takes the place of the intents for the same domains. Durable when it returns; throws as `record`. */
  intend(intents: readonly Intent[]): void;
  intent(domain: Hostname): Intent | undefined;
  /** Those by which documents are to be removed. */
  intentsToLeave(): readonly Intent[];
  forgetIntents(domains: readonly Hostname[]): void;
  /** For each served tenant, in the order of their domains, the newest id that every worker serves. */
  announceable(): Iterable<Announceable>;
  announceableFor(domain: Hostname): Announceable | undefined;
  /** All domains that ever had a revision, those that left too, in their order. */
  everyDomain(): Iterable<Hostname>;
  servedCount(): number;
  /** The next entries in the order of their files, at most `most`; the first follow the empty text. */
  entriesAfter(file: string, most: number): readonly DocumentEntry[];
  entriesFor(domain: Hostname): readonly DocumentEntry[];
  entry(file: string): DocumentEntry | undefined;
  /** Entries with flaws, at most `most`. */
  flawed(most: number): readonly DocumentEntry[];
  flawedCount(): number;
  close(): void;
}
