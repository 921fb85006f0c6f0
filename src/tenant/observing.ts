import { reach, waiting } from './announcing.ts';
import type { Course } from './publication.ts';
import { untilNextLook } from './publication-pause.ts';

/** What somebody whom we asked for the record says. */
export type Shown =
  | { readonly shows: 'id'; readonly id: string }
  /** There is no record, or none that a sender takes. */
  | { readonly shows: 'other'; readonly why: string }
  | { readonly shows: 'unknown'; readonly why: string };

/** What the policy's fetch from outside showed, over all addresses of its host. */
export type Fetched =
  /** The very bytes, by the rules of RFC 8461 section 3.3, wherever the host has an address. */
  | { readonly fetched: 'same' }
  /** Over a verified connection somebody answered something else. */
  | { readonly fetched: 'other'; readonly why: string; readonly remedy: string }
  /** Nobody who could prove to be the host answered. */
  | { readonly fetched: 'nothing'; readonly why: string; readonly remedy: string }
  /** It is we who could not ask. */
  | { readonly fetched: 'unknown'; readonly why: string; readonly remedy: string };

/** One name server of the zone that the record is in, over all of its addresses. */
export interface Authority {
  readonly name: string;
  readonly shown: Shown;
}

/** What was seen from outside, of one id. */
export interface Sight {
  /** Whether the tenant's name leads to the name that the record is published at, where these differ. */
  readonly leads:
    | { readonly to: 'us' }
    | { readonly to: 'elsewhere'; readonly why: string; readonly remedy: string }
    | { readonly to: 'unknown'; readonly why: string };
  /** The servers that are authoritative for the published name; none where they could not be found. */
  readonly authorities: readonly Authority[];
  /** What a resolver says to whoever asks for the tenant's name. */
  readonly resolver: Shown;
  readonly policy: Fetched;
}

// Name servers that do not answer are waited for so long, in milliseconds, while others show the id: whoever asks a
// silent one gets no other id from it.
const SILENCE = 15 * 60_000;

// A publisher's other servers may lag behind the first for so long, in milliseconds.
const LAG = 2 * 60_000;

/** Where the id stands on the authoritative servers. */
type Standing =
  | { readonly is: 'shown' }
  | { readonly is: 'unknown'; readonly why: string }
  | { readonly is: 'other'; readonly why: string };

/**
 * After a look from outside before the announcement; all of our own part was ready for it. The first announcement waits
 * for it as well as any later one.
 */
export function afterFetch(course: Course, sight: Sight, now: number): Course {
  const serving = reach(course, 'serving', now);
  const overtaken = laterId(course, sight);
  if (overtaken !== undefined) return { ...serving, overtaken, wakeAt: now };
  const { policy } = sight;
  if (policy.fetched === 'same') {
    return {
      ...serving,
      clearedAt: now,
      due: course.id,
      setbacks: undefined,
      waiting: undefined,
      wakeAt: now,
    };
  }
  const { why, remedy } = policy;
  return waiting({ ...serving, clearedAt: undefined }, { for: 'fetch', why, remedy }, now);
}

/** After a look from outside at an id that was given to a publisher, or to a person. */
export function afterSight(course: Course, sight: Sight, now: number): Course {
  const overtaken = laterId(course, sight);
  if (overtaken !== undefined)
    return { ...reach(course, 'serving', now), overtaken, handed: undefined, wakeAt: now };
  const seen = { ...course, ...fetchedAs(course, sight, now) };
  const standing = standingOf(seen, sight.authorities, now);
  if (standing.is === 'other') return afterDrift(seen, standing.why, now);
  if (standing.is === 'unknown') return amiss(seen, { why: standing.why }, now);
  if (sight.leads.to === 'elsewhere') return amiss(reach(seen, 'serving', now), sight.leads, now);
  if (sight.leads.to === 'unknown') return amiss(seen, sight.leads, now);
  return afterConfirmed(reach(seen, isObserved(seen) ? 'observed' : 'announced', now), sight, now);
}

/** Every authoritative server shows the id: what is left is what senders see, by their resolvers and over HTTPS. */
function afterConfirmed(course: Course, { policy, resolver }: Sight, now: number): Course {
  if (policy.fetched === 'unknown') return amiss(course, policy, now);
  if (policy.fetched !== 'same') return amiss(reach(course, 'announced', now), policy, now);
  if (resolver.shows === 'unknown') return amiss(course, resolver, now);
  if (resolver.shows === 'other' || resolver.id !== course.id) {
    const why = resolver.shows === 'other' ? resolver.why : `public DNS still shows ${resolver.id}`;
    return amiss(reach(course, 'announced', now), { why }, now);
  }
  const { number, mode } = course;
  return {
    ...reach(course, 'observed', now),
    good: { number, mode },
    setbacks: undefined,
    waiting: undefined,
    wakeAt: now + untilNextLook(course.id, now),
  };
}

/** Something else stands where the id should be. What a person sets is told; all else is brought back. */
function afterDrift(course: Course, why: string, now: number): Course {
  const fallen = reach(course, 'serving', now);
  const { byHand: remedy } = course;
  if (remedy !== undefined) return amiss(fallen, { why, remedy }, now);
  const isLagging = course.reached.announced === undefined && now - (course.setbacks?.since ?? now) < LAG;
  if (isLagging) return amiss(course, { why }, now);
  const again = course.reached.announced === undefined ? 'observe' : 'repair';
  return { ...waiting(fallen, { for: again, why }, now), handed: undefined };
}

function amiss(course: Course, trouble: { why: string; remedy?: string }, now: number): Course {
  const { why } = trouble;
  // Until the id is in DNS, it may be that nobody has set it yet.
  const remedy = trouble.remedy ?? (course.reached.announced === undefined ? course.byHand : undefined);
  const reason = { for: isObserved(course) ? ('amiss' as const) : ('observe' as const), why };
  return waiting(course, { ...reason, ...(remedy !== undefined && { remedy }) }, now);
}

function isObserved({ reached }: Course): boolean {
  return reached.observed !== undefined;
}

/** What a fetch says of the clearance, and of a text that does not come through although its id is in DNS. */
function fetchedAs(course: Course, sight: Sight, now: number): Partial<Course> {
  const { clearedAt, astray } = course;
  switch (sight.policy.fetched) {
    case 'same':
      return { clearedAt: now, due: course.id, astray: undefined };
    case 'other': {
      const again = { inRow: (astray?.inRow ?? 0) + 1, since: astray?.since ?? now };
      return { clearedAt: undefined, astray: isOut(course, sight) ? again : undefined };
    }
    case 'nothing':
      return { clearedAt: undefined, astray };
    case 'unknown':
      return { clearedAt, astray };
  }
}

/** Whether a sender can see the id. */
function isOut({ id }: Course, { authorities, resolver }: Sight): boolean {
  const shown = [...authorities.map((each) => each.shown), resolver];
  return shown.some((each) => each.shows === 'id' && each.id === id);
}

function standingOf({ id, handedAt = 0 }: Course, authorities: readonly Authority[], now: number): Standing {
  const others = authorities.flatMap(({ name, shown }) => {
    if (shown.shows === 'other') return [`${name}: ${shown.why}`];
    return shown.shows === 'id' && shown.id !== id ? [`${name} shows ${shown.id}`] : [];
  });
  if (others.length > 0) return { is: 'other', why: others.join('; ') };
  const silent = authorities.flatMap(({ name, shown }) => {
    return shown.shows === 'unknown' ? [`${name}: ${shown.why}`] : [];
  });
  if (authorities.length === 0)
    return { is: 'unknown', why: 'The name servers of the record could not be found' };
  const isHeard = silent.length < authorities.length;
  if (silent.length === 0 || (isHeard && now - handedAt >= SILENCE)) return { is: 'shown' };
  return { is: 'unknown', why: silent.join('; ') };
}

const OURS = /^\d{8}T\d{6}Z[\da-f]{8}$/;

/**
 * An id in DNS of our making that is later than our latest: the state file was brought back from a time before it.
 * To announce ours would be to use an id again (promise I1), for it may have stood there before that one.
 */
function laterId({ id }: Course, { authorities, resolver }: Sight): string | undefined {
  const shown = [...authorities.map((each) => each.shown), resolver];
  const ids = shown.flatMap((each) =>
    each.shows === 'id' && OURS.test(each.id) && each.id > id ? [each.id] : [],
  );
  return OURS.test(id) ? ids.toSorted().at(-1) : undefined;
}
