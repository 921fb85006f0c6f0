import type { Mode } from '../policy/policy.ts';

/** The way of a change, in this order. */
export const PUBLICATION_STAGES = ['accepted', 'certified', 'serving', 'announced', 'observed'] as const;
export type PublicationStage = (typeof PUBLICATION_STAGES)[number];

/** What a publication waits for. Times are milliseconds since 1970. */
interface Waiting {
  readonly why: string;
  /** What a person can do about it; absent where it is a matter of time. */
  readonly remedy?: string;
  /** Since when it is this that it waits for. */
  readonly since: number;
  /** When it is looked at again. */
  readonly next: number;
}

/**
 * Where a tenant's newest revision is on its way: as far as all that lies before holds too. So a revision that every
 * worker serves is `accepted` for as long as its policy host has no certificate: nobody can fetch it. Times are
 * milliseconds since 1970.
 */
export interface Publication {
  /** The revision's. */
  readonly number: number;
  readonly id: string;
  readonly stage: PublicationStage;
  /** When each stage was first reached. */
  readonly reached: Readonly<Partial<Record<PublicationStage, number>>>;
  /** Why the next stage is not reached yet, or what is amiss since; undefined where all is well. */
  readonly waiting: Waiting | undefined;
}

/** A revision that was seen from outside, and so can be gone back to. */
interface Good {
  readonly number: number;
  readonly mode: Mode;
}

/**
 * All that is known of the publication of a tenant's newest revision, as plain values for the store; changed only by
 * the functions of `announcing.ts` and `observing.ts`.
 */
export interface Course extends Publication {
  readonly mode: Mode;
  /**
   * When the policy was last fetched from outside, to the byte: its id may stand in DNS. Undefined where it was not
   * yet, or where a later look found otherwise.
   */
  readonly clearedAt: number | undefined;
  /** The id that is to stand in DNS now: this one from its first clearance on, until then that of an earlier revision. */
  readonly due: string | undefined;
  /** From here on the id may be in DNS, whatever came of it: noted before the publisher is asked for the first time. */
  readonly handedAt: number | undefined;
  /** What the publisher has in hand, as {@link Evidence.wanted} says it; undefined where it has to be asked. */
  readonly handed: string | undefined;
  /** What a person was told to set; undefined where a publisher does it. */
  readonly byHand: string | undefined;
  /** Steps in a row that brought nothing, and when the first of them was. */
  readonly setbacks: { readonly inRow: number; readonly since: number } | undefined;
  /** Fetches in a row that were answered with something else since the id is in DNS. */
  readonly astray: { readonly inRow: number; readonly since: number } | undefined;
  /** An id in DNS that is later than ours: the state was brought back from before it. */
  readonly overtaken: string | undefined;
  /** The newest revision that was observed. */
  readonly good: Good | undefined;
  /** Whether this revision itself takes back one that did not come through. */
  readonly takesBack: boolean;
  /** When the tenant left; its records are to go. */
  readonly leftAt: number | undefined;
  /** No step before. */
  readonly wakeAt: number;
}

/** What a new publication begins with. */
export interface Beginning {
  readonly number: number;
  readonly id: string;
  readonly mode: Mode;
  readonly takesBack?: boolean;
  readonly now: number;
}

/** The publication of a new revision, after that of an earlier one of the same tenant. */
export function newCourse(beginning: Beginning, before: Course | undefined): Course {
  const { number, id, mode, takesBack = false, now } = beginning;
  return {
    number,
    id,
    mode,
    stage: 'accepted',
    reached: { accepted: now },
    waiting: undefined,
    clearedAt: undefined,
    due: before?.leftAt === undefined ? before?.due : undefined,
    handedAt: undefined,
    handed: undefined,
    byHand: undefined,
    setbacks: undefined,
    astray: undefined,
    overtaken: undefined,
    good: before?.leftAt === undefined ? before?.good : undefined,
    takesBack,
    leftAt: undefined,
    wakeAt: 0,
  };
}

/** After the tenant left: nobody serves it any more, and what is in DNS for it is to go. */
export function afterLeaving(course: Course, now: number): Course {
  return { ...course, leftAt: now, handed: undefined, setbacks: undefined, waiting: undefined, wakeAt: 0 };
}

/** What of a course is anybody's business. */
export function publicationOf({ number, id, stage, reached, waiting }: Course): Publication {
  return { number, id, stage, reached, waiting };
}
