import type { Flaw } from '../flaws/flaw.ts';
import type { Hostname } from '../names/hostname.ts';
import type { Mode, Policy } from '../policy/policy.ts';
import type { Claim } from './claim.ts';
import type { Plan } from './plan.ts';
import type { PublicationStage } from './publication.ts';
import type { Revision } from './revision.ts';
import type { TenantScope, WrittenTenant } from './tenant.ts';

export type { TenantScope, WrittenTenant };

/** Who changes something, as the history and the audit tell it. */
export interface Actor {
  /** `token:<name>` for a token of the admin API. */
  readonly name: string;
  /** The address that it came from. */
  readonly address: string;
  /** The tenants that they are bound to: they may have a new one only once they have shown to control its domain. */
  readonly only?: TenantScope;
}

/** One tenant as a list shows it. Times are milliseconds since 1970. */
export interface TenantSummary {
  readonly domain: Hostname;
  readonly mode: Mode;
  /** Seconds. */
  readonly max_age: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The newest revision's. */
  readonly revision: number;
  readonly id: string;
  readonly at: number;
  readonly stage: PublicationStage;
  /** Why the document is not what is served; empty where it is. */
  readonly flaws: readonly Flaw[];
}

/** One tenant as a whole. */
export interface TenantView extends TenantSummary {
  readonly policy: Policy;
  readonly newest: Revision;
  /** Undefined where the file is gone. */
  readonly document: WrittenDocument | undefined;
  /** What tells this state of the document from any other, also where the file is gone. */
  readonly etag: string;
}

/** A document as it stands in its file. */
export interface WrittenDocument {
  /** The name, without the folder. */
  readonly file: string;
  readonly text: string;
  /** What tells this content from any other. */
  readonly etag: string;
}

export interface TenantQuery {
  /** The domain of the last item of the page before; empty for the first page. */
  readonly after: string;
  readonly limit: number;
  /** A piece of the domain. */
  readonly name?: string;
  readonly mode?: Mode;
  readonly stage?: PublicationStage;
  /** Each of these labels, with this value. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only these tenants, for whoever may see no others. */
  readonly only?: TenantScope;
}

export type Edit =
  | ({ readonly do: 'create' } & WrittenTenant)
  /** Policy and labels; labels that are left out stay. */
  | ({ readonly do: 'replace' } & WrittenTenant)
  /** The whole document, comments and all, as it is to stand in its file. */
  | { readonly do: 'write'; readonly text: string }
  /** The policy of an earlier revision, as a new revision with a new id (promise I8). */
  | { readonly do: 'roll-back'; readonly to: number }
  /**
   * Through mode `none` (RFC 8461 section 8.3): it is published, the document is removed once every worker serves it,
   * and the tenant leaves by itself when no sender can hold an earlier policy.
   */
  | { readonly do: 'leave' }
  /** At once, whatever that breaks. */
  | { readonly do: 'remove' };

export interface EditRequest {
  readonly domain: Hostname;
  readonly edit: Edit;
  readonly by: Actor;
  /** Why, for the history; else it tells what was done. */
  readonly cause?: string;
  /** The etag of the document that the edit was made for; where it is left out, any will do. */
  readonly ifMatch?: string;
  /** Says what would come of it, and changes nothing. */
  readonly dryRun?: boolean;
}

/** What an edit does, told before or after. Times are milliseconds since 1970. */
export interface Effect {
  /** The served bytes before and after; the same where nothing changes for senders. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Lines of the served text that go and come, as a unified diff; empty where none do. */
  readonly diff: string;
  /** What is lawful yet risky, with the paths of the document. */
  readonly warnings: readonly Flaw[];
  /** What senders will see, and from when on, in sentences. */
  readonly senders: readonly string[];
  /** The last moment at which a sender may hold an earlier policy (promise I9); undefined where none can. */
  readonly exposedUntil: number | undefined;
  /** The id that the new revision has, or would have now; undefined where there is no new revision. */
  readonly id: string | undefined;
}

/** What came of an edit: each outcome is one that the caller treats differently. */
export type EditOutcome =
  | {
      readonly outcome: 'done';
      readonly tenant: TenantView | undefined;
      readonly effect: Effect;
      readonly revision: Revision | undefined;
    }
  | { readonly outcome: 'would-do'; readonly effect: Effect }
  | { readonly outcome: 'flawed'; readonly flaws: readonly Flaw[] }
  /** There is such a tenant, or a document for it; `isSame` where it says what the create would have it say. */
  | { readonly outcome: 'exists'; readonly etag: string; readonly isSame: boolean }
  | { readonly outcome: 'not-found' }
  /** The document is no longer what the edit was made for: `theirs` is there now, `yours` would have been written. */
  | {
      readonly outcome: 'conflict';
      readonly etag: string | undefined;
      readonly yours: string;
      readonly theirs: string | undefined;
    }
  /** Whoever asks has not shown to control the domain; `flaws` tell how to (a record to set). */
  | { readonly outcome: 'unproven'; readonly flaws: readonly Flaw[] }
  /** The disk or the state file can't be written now; nothing was changed. */
  | { readonly outcome: 'unavailable'; readonly why: string; readonly remedy: string };

/** The one way for the API, the console and the command line to see and change tenants. */
export interface TenantDesk {
  /** A tenant that is served. */
  view(domain: Hostname): TenantView | undefined;
  list(query: TenantQuery): readonly TenantSummary[];
  /** What would come of other MX hosts, were they set now, and the safe order; undefined for whom is no tenant. */
  plan(domain: Hostname, hosts: readonly Hostname[]): Promise<Plan | undefined>;
  /** What was claimed and is not yet proven, by them; by anybody where they are bound to no tenants. */
  claims(by: Actor): readonly Claim[];
  /** Looks now whether a claim is proven, and serves what it is about. */
  prove(domain: Hostname, by: Actor): Promise<EditOutcome>;
  /** @returns whether there was such a claim of theirs. */
  withdraw(domain: Hostname, by: Actor): boolean;
  /** Also one that is flawed and never was served. */
  document(domain: Hostname): WrittenDocument | undefined;
  /** Edits of one domain are done one after the other, in the order in which they came. */
  edit(request: EditRequest): Promise<EditOutcome>;
  /**
   * Many edits, with an outcome each, in their order; several are written and served at once. Those whose outcome was
   * given are done for good, and repeating the others is safe. Nothing is looked up in DNS for their warnings.
   */
  editAll(requests: Iterable<EditRequest> | AsyncIterable<EditRequest>): AsyncIterable<EditOutcome>;
}
