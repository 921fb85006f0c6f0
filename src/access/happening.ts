import type { Hostname } from '../names/hostname.ts';
import type { Mode } from '../policy/policy.ts';
import type { PublicationStage } from '../tenant/publication.ts';

/** Something that happened, by itself or after a change, and that somebody may want to hear of. */
export type Happening =
  | {
      readonly kind: 'policy.revised';
      readonly domain: Hostname;
      readonly data: {
        readonly number: number;
        readonly id: string;
        readonly mode: Mode;
        /** Seconds. */
        readonly max_age: number;
        readonly actor: string;
        readonly cause: string;
      };
    }
  | {
      readonly kind: 'tenant.left';
      readonly domain: Hostname;
      readonly data: Readonly<Record<never, never>>;
    }
  | {
      readonly kind: 'document.flawed';
      readonly domain: Hostname;
      readonly data: { readonly file: string; readonly flaws: readonly Told[] };
    }
  | {
      readonly kind: 'publication.stage';
      readonly domain: Hostname;
      readonly data: {
        /** The revision's. */
        readonly number: number;
        readonly id: string;
        readonly stage: PublicationStage;
        /** Why the next stage is not reached yet; empty where it is not waited for. */
        readonly waiting: string;
      };
    }
  | {
      readonly kind: 'certificate.issued';
      /** Undefined for the certificate of the service name. */
      readonly domain: Hostname | undefined;
      readonly data: {
        readonly host: Hostname;
        readonly ca: string;
        /** ISO 8601. */
        readonly not_after: string;
      };
    }
  | {
      readonly kind: 'certificate.failed';
      readonly domain: Hostname | undefined;
      readonly data: {
        readonly host: Hostname;
        readonly ca: string;
        readonly outcome: string;
        readonly why: string;
      };
    }
  | {
      readonly kind: 'certificate.findings';
      readonly domain: Hostname | undefined;
      readonly data: {
        readonly host: Hostname;
        readonly found: 'good' | 'bad' | 'unclear';
        readonly why: string;
        readonly remedy: string;
      };
    };

/** As much of a flaw as is told. */
interface Told {
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

export const HAPPENINGS = [
  'policy.revised',
  'tenant.left',
  'document.flawed',
  'publication.stage',
  'certificate.issued',
  'certificate.failed',
  'certificate.findings',
] as const satisfies readonly Happening['kind'][];

/** A happening with its place in the order of all. */
export interface Happened {
  /** Rises by one with each. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: Happening['kind'];
  readonly domain: Hostname | undefined;
  /** JSON. */
  readonly data: string;
}

/** The last happenings, as many as are kept. */
export interface HappeningStore {
  /** Durable when it returns; throws where it can't be. */
  add(happenings: readonly Happening[], at: number): void;
  /** The next after a number, at most `most`. */
  after(number: number, most: number): readonly Happened[];
  /** The numbers of the oldest that is kept and of the newest ever; both 0 where there was none. */
  range(): { readonly oldest: number; readonly newest: number };
}
