import type { AnnounceOutcome } from './announcement.ts';
import type { Course, PublicationStage } from './publication.ts';
import { type Pausing, publicationPause } from './publication-pause.ts';

/** What bears on the next step and can be known at once, without asking anybody outside. */
export interface Evidence {
  /** The live workers and replicas that do not yet answer the revision's bytes, by name (promise I2). */
  readonly behind: readonly string[];
  readonly certificate:
    | { readonly is: 'valid' }
    | { readonly is: 'missing'; readonly why: string; readonly remedy?: string };
  /** What is to be published and by whom, in one word that changes where any of it does. */
  readonly wanted: string;
}

/** What is to be done next for one publication. */
export type Step =
  | { readonly do: 'wait'; readonly until: number }
  /** Something of ours is not there yet. */
  | {
      readonly do: 'hold';
      readonly at: PublicationStage;
      readonly for: Pausing;
      readonly why: string;
      readonly remedy?: string;
    }
  /** Look from outside before the announcement: at the policy as a strict sender, and at what is in DNS already. */
  | { readonly do: 'fetch' }
  /** Ask the publisher to bring the id into DNS. */
  | { readonly do: 'announce' }
  /** Look at every authoritative server, at public DNS and at the policy. */
  | { readonly do: 'observe' }
  /** Serve the text of this earlier revision again, as a new revision with a new id. */
  | { readonly do: 'take-back'; readonly to: number }
  /** Serve the same text as a new revision, with an id later than this one. */
  | { readonly do: 'overtake'; readonly id: string }
  /** Take the records out of DNS. */
  | { readonly do: 'withdraw' };

// A fetch from outside vouches for so long, in milliseconds: a publisher may be out of reach for days.
const CLEARANCE = 10 * 60_000;

/** So many answers in a row that are not the policy, over so many milliseconds, are no passing trouble. */
const LASTING = { inRow: 5, time: 10 * 60_000 };

/**
 * The next step (promises I1 and I2). No id goes to a publisher before the policy host has a certificate, every live
 * worker and replica serves the text, and the policy was fetched from outside a short while ago.
 *
 * Certificate and workers may come in any order; both are needed before the fetch.
 */
export function plan(course: Course, evidence: Evidence, now: number): Step {
  if (now < course.wakeAt) return { do: 'wait', until: course.wakeAt };
  if (course.leftAt !== undefined)
    return evidence.behind.length > 0 ? behind(course.stage, evidence) : { do: 'withdraw' };
  if (course.overtaken !== undefined) return { do: 'overtake', id: course.overtaken };
  if (course.handed === evidence.wanted) {
    const to = takesBackTo(course, now);
    return to === undefined ? { do: 'observe' } : { do: 'take-back', to };
  }
  return beforeAnnouncing(course, evidence, now);
}

function beforeAnnouncing(course: Course, evidence: Evidence, now: number): Step {
  const { certificate } = evidence;
  if (certificate.is === 'missing') {
    const { why, remedy } = certificate;
    return { do: 'hold', at: 'accepted', for: 'certificate', why, ...(remedy !== undefined && { remedy }) };
  }
  if (evidence.behind.length > 0) return behind('certified', evidence);
  const isCleared = course.clearedAt !== undefined && now - course.clearedAt < CLEARANCE;
  return { do: isCleared ? 'announce' : 'fetch' };
}

/** Some still answer what was there before. */
function behind(at: PublicationStage, { behind: names }: Evidence): Step {
  return { do: 'hold', at, for: 'workers', why: `Not yet taken up by ${names.join(', ')}` };
}

/**
 * The revision to go back to, where the text that is announced does not reach senders. It helps where somebody on the
 * way answers other bytes, such as a cache in front of us, and else does harm: so never where the text was seen from
 * outside once (people have acted on it), never to a stricter mode (whoever asks for less has a reason), and never twice.
 */
function takesBackTo(course: Course, now: number): number | undefined {
  const { astray, good, reached, takesBack } = course;
  if (astray === undefined || astray.inRow < LASTING.inRow || now - astray.since < LASTING.time)
    return undefined;
  if (good === undefined || reached.observed !== undefined || takesBack) return undefined;
  return STRICTNESS[good.mode] <= STRICTNESS[course.mode] ? good.number : undefined;
}

const STRICTNESS = { none: 0, testing: 1, enforce: 2 } as const;

/** After a look at our own part that showed that it is not ready. */
export function afterHold(course: Course, hold: Extract<Step, { do: 'hold' }>, now: number): Course {
  const { at, why, remedy } = hold;
  return waiting(
    reach(course, at, now),
    { for: hold.for, why, ...(remedy !== undefined && { remedy }) },
    now,
  );
}

/** Noted, durably, before a publisher is asked: what it does with it is not known until it answers, or ever. */
export function beforeAnnounce(course: Course, now: number): Course {
  return { ...course, handedAt: course.handedAt ?? now, handed: undefined };
}

/** After the publisher answered; `wanted` is what it was asked for. */
export function afterAnnounce(course: Course, answer: AnnounceOutcome, wanted: string, now: number): Course {
  switch (answer.outcome) {
    case 'announced':
      return handed(
        { ...course, byHand: undefined },
        'The id is with the publisher and not yet looked for',
        wanted,
        now,
      );
    case 'by-hand':
      return handed({ ...course, byHand: answer.remedy }, 'The record is to be set by hand', wanted, now);
    case 'rate-limited': {
      const slowed = waiting(course, { for: 'publisher', why: answer.why }, now);
      return { ...slowed, ...until(slowed, Math.max(slowed.wakeAt, answer.until)) };
    }
    case 'unreachable':
      return waiting(course, { for: 'publisher', why: answer.why }, now);
    default:
      return waiting(course, { for: 'person', why: answer.why, remedy: answer.remedy }, now);
  }
}

/** After the publisher was asked to take the records of a tenant out that left; undefined where that is done. */
export function afterWithdraw(course: Course, answer: AnnounceOutcome, now: number): Course | undefined {
  if (answer.outcome === 'announced' || answer.outcome === 'by-hand' || answer.outcome === 'foreign')
    return undefined;
  return afterAnnounce(course, answer, '', now);
}

/** What could not be done by a fault of ours is tried again after a while. */
export function afterFault(course: Course, why: string, now: number): Course {
  return waiting(course, { for: 'publisher', why }, now);
}

function handed(course: Course, why: string, wanted: string, now: number): Course {
  const fresh = { ...course, handed: wanted, setbacks: undefined, astray: undefined };
  const remedy = course.byHand;
  return waiting(fresh, { for: 'observe', why, ...(remedy !== undefined && { remedy }) }, now);
}

/** The course at a stage that is reached now, or was before, or that it fell back to. */
export function reach(course: Course, stage: PublicationStage, now: number): Course {
  const reached = { ...course.reached, ...before(stage, course, now) };
  return { ...course, stage, reached };
}

function before(stage: PublicationStage, { reached }: Course, now: number) {
  const all = ['accepted', 'certified', 'serving', 'announced', 'observed'] as const;
  const passed = all.slice(0, all.indexOf(stage) + 1).filter((each) => reached[each] === undefined);
  return Object.fromEntries(passed.map((each) => [each, now]));
}

interface Reason {
  readonly for: Pausing;
  readonly why: string;
  readonly remedy?: string;
}

/** The course after a step that brought it no further. */
export function waiting(course: Course, reason: Reason, now: number): Course {
  const { why, remedy } = reason;
  const inRow = (course.setbacks?.inRow ?? 0) + 1;
  const next = now + publicationPause(reason.for, inRow, course.id);
  const since = course.waiting?.why === why ? course.waiting.since : now;
  return {
    ...course,
    setbacks: { inRow, since: course.setbacks?.since ?? now },
    waiting: { why, since, next, ...(remedy !== undefined && { remedy }) },
    wakeAt: next,
  };
}

function until({ waiting: reason }: Course, wakeAt: number): Pick<Course, 'waiting' | 'wakeAt'> {
  return { waiting: reason && { ...reason, next: wakeAt }, wakeAt };
}
