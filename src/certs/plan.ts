import type { ChallengeType } from './issuer.ts';
import { type Ca, type Obstacle, obstacleAt, replaces, waysTo } from './obstacle.ts';
import { isDue, isUrgent, renewal } from './renewal.ts';
import { type Held, type Looked, renewable, type Upkeep } from './upkeep.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

// A good look is good for an order that starts within this time.
const LOOK_HOLDS = 15 * MINUTE;
// A host that has a certificate to lose is looked at at least so often.
const LONGEST_LOOK_PAUSE = HOUR;
// A look that proves nothing lets a new host order when it was repeated so often: some networks can't reach themselves.
const UNCLEAR_LOOKS = 3;
// A host that waits for the first CA is thought of again after this time: by then another one may be right.
const THINK_AGAIN = HOUR;

interface Wait {
  readonly do: 'wait';
  readonly until: number;
  readonly because: string;
}

interface PlacedOrder {
  readonly do: 'order';
  readonly ca: string;
  /** The one to offer: a validation that failed ends the order (RFC 8555 section 7.1.6), so each is one order. */
  readonly challenge: ChallengeType;
  /** Whether to name the certificate that is held (RFC 9773 section 5). */
  readonly replaces: boolean;
}

/** What to do next for a host. Times are milliseconds since 1970. */
export type Plan =
  | Wait
  /** Ask the CA for renewal information. */
  | { readonly do: 'ask' }
  /** Look from outside; `ca` is the one to order from right after, undefined if it is only to find out. */
  | { readonly do: 'look'; readonly ca: string | undefined }
  | PlacedOrder;

/** Decides. Nothing but what is passed in matters: the same state and time give the same plan. */
export function plan(upkeep: Upkeep, cas: readonly Ca[], now: number): Plan {
  const { certificate, look, askedAt } = upkeep;
  if (certificate !== undefined && !isWanted(upkeep, now)) return keep(upkeep.host, certificate, cas, now);
  if (look === undefined || !isOfNow(look, askedAt, cas, now)) return { do: 'look', ca: undefined };
  if (!allows(look, upkeep)) return lookAgain(upkeep, look, now);
  const choice = choose(upkeep, look, cas, now);
  const isStale = choice.do === 'order' && now - look.at > LOOK_HOLDS;
  return isStale ? { do: 'look', ca: choice.ca } : choice;
}

/** Whether a certificate is to be had now: there is none, it is due, or the operator has asked since. */
export function isWanted(upkeep: Upkeep, now: number): boolean {
  const held = renewable(upkeep);
  if (held === undefined || upkeep.certificate === undefined) return true;
  return upkeep.askedAt > upkeep.certificate.obtainedAt || isDue(held, now);
}

/** Not from before the operator asked, nor before other CAs or challenge types were configured or the clock set back. */
function isOfNow({ at, asked }: Looked, askedAt: number, cas: readonly Ca[], now: number): boolean {
  if (at < askedAt || at > now) return false;
  return cas.every(
    ({ name, isKnown, challenges }) =>
      !isKnown || challenges.every((type) => asked[name]?.includes(type) === true),
  );
}

function keep(host: string, certificate: Held, cas: readonly Ca[], now: number): Plan {
  const { renewAt, by } = renewal({ host, ...certificate });
  const because = by === 'window' ? 'the CA wants it renewed then' : 'it is to be renewed then';
  // Only the CA that issued it knows of it.
  const mayAsk = cas.some(({ name, hasRenewalInfo }) => hasRenewalInfo && name === certificate.ca);
  if (!mayAsk) return wait(renewAt, because);
  if (now >= certificate.askInfoAt) return { do: 'ask' };
  return wait(Math.min(renewAt, certificate.askInfoAt), because);
}

/** Only what shows that an order must fail forbids it. */
function allows({ found, poorInRow }: Looked, { certificate }: Upkeep): boolean {
  if (found !== 'unclear') return found === 'good';
  return certificate !== undefined || poorInRow >= UNCLEAR_LOOKS;
}

function lookAgain({ certificate }: Upkeep, { again, at, why }: Looked, now: number): Plan {
  const hasToLose = certificate !== undefined && now < certificate.notAfter;
  const until = hasToLose ? Math.min(again, at + LONGEST_LOOK_PAUSE) : again;
  return until > now ? wait(until, why) : { do: 'look', ca: undefined };
}

/** The first CA that takes the order. Another than the first one only if that takes too long, and it matters. */
function choose(upkeep: Upkeep, look: Looked, cas: readonly Ca[], now: number): Plan {
  const held = renewable(upkeep);
  const matters = held === undefined || isUrgent(held, now);
  let soonest: Obstacle | undefined;
  for (const ca of cas) {
    const obstacle = obstacleAt(upkeep, look, ca, now);
    if (obstacle === undefined) return order(upkeep, look, ca);
    if (soonest === undefined || obstacle.until < soonest.until) soonest = obstacle;
    if (obstacle.yields === 'not' || (obstacle.yields === 'if-it-matters' && !matters)) break;
  }
  if (soonest === undefined) return wait(now + THINK_AGAIN, 'there is no CA to order from');
  const until = cas.length > 1 ? Math.min(soonest.until, now + THINK_AGAIN) : soonest.until;
  return wait(until, soonest.because);
}

function order(upkeep: Upkeep, look: Looked, ca: Ca): Plan {
  const [challenge] = waysTo(upkeep, look, ca);
  // What the look found no way for may have changed since.
  if (challenge === undefined) return { do: 'look', ca: ca.name };
  return { do: 'order', ca: ca.name, challenge, replaces: replaces(upkeep, ca) };
}

function wait(until: number, because: string): Wait {
  return { do: 'wait', until, because };
}
