import { ask, type Ledger, type Limits } from './budget.ts';
import { failureCharge, orderCharges } from './charges.ts';
import type { ChallengeType } from './issuer.ts';
import { isDue, isUrgent, renewal } from './renewal.ts';
import { PAUSES, pause } from './retry.ts';
import type { Standing } from './standing.ts';
import { type Held, type Looked, renewable, type Setbacks, type Upkeep } from './upkeep.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

// A good look is good for an order that starts within this time.
const LOOK_HOLDS = 15 * MINUTE;
// A host that has a certificate to lose is looked at at least so often.
const LONGEST_LOOK_PAUSE = HOUR;
// The second CA is turned to when the first would take longer than this.
const PATIENCE = HOUR;
// After so many failures in a row an order no longer says what it replaces, for that may be why.
const REPLACES_TRIES = 3;
// Hosts whose orders fail leave the rest of the new orders to the others.
const FAILING_SHARE = 3 / 4;

/** A CA with one account, in the order of preference. */
export interface Ca {
  readonly name: string;
  /** The challenge types that it may be offered. */
  readonly challenges: readonly ChallengeType[];
  readonly limits: Limits;
  readonly ledger: Ledger;
  readonly standing: Standing;
}

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
  if (certificate !== undefined && !isWanted(upkeep, now)) return keep(upkeep, certificate, now);
  if (look === undefined || look.at < askedAt) return { do: 'look', ca: undefined };
  if (!allows(look, upkeep, now)) return lookAgain(upkeep, look, now);
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

/** Whether orders of this host have failed since its last certificate. */
export function isFailing({ setbacks }: Upkeep): boolean {
  return Object.keys(setbacks).length > 0;
}

function keep(upkeep: Upkeep, certificate: Held, now: number): Plan {
  if (now >= certificate.askInfoAt) return { do: 'ask' };
  const { renewAt, by } = renewal({ host: upkeep.host, ...certificate });
  const because = by === 'window' ? 'the CA wants it renewed then' : 'it is to be renewed then';
  return wait(Math.min(renewAt, certificate.askInfoAt), because);
}

/** A look that proves nothing does not keep a host from renewing what it once got. */
function allows({ found }: Looked, { certificate }: Upkeep, now: number): boolean {
  if (found === 'unclear') return certificate !== undefined && now < certificate.notAfter;
  return found === 'good';
}

function lookAgain({ certificate }: Upkeep, { again, at, why }: Looked, now: number): Plan {
  const hasToLose = certificate !== undefined && now < certificate.notAfter;
  const until = hasToLose ? Math.min(again, at + LONGEST_LOOK_PAUSE) : again;
  return until > now ? wait(until, why) : { do: 'look', ca: undefined };
}

interface Obstacle {
  readonly until: number;
  readonly because: string;
  /** Whether this CA does not want this host at all. */
  readonly lasting: boolean;
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
    if (!obstacle.lasting && !(matters && obstacle.until > now + PATIENCE)) break;
  }
  if (soonest === undefined) return wait(now + HOUR, 'there is no CA to order from');
  // In the meantime it may come to matter enough for another CA.
  return wait(cas.length > 1 ? Math.min(soonest.until, now + PATIENCE) : soonest.until, soonest.because);
}

function obstacleAt(upkeep: Upkeep, look: Looked, ca: Ca, now: number): Obstacle | undefined {
  const obstacles = [
    standingObstacle(ca),
    setbackObstacle(upkeep, ca),
    wayObstacle(upkeep, look, ca),
    budgetObstacle(upkeep, ca, now),
  ].filter((obstacle) => obstacle !== undefined && obstacle.until > now);
  return obstacles.find((obstacle) => obstacle?.lasting) ?? obstacles[0];
}

function standingObstacle({ name, standing }: Ca): Obstacle {
  const { until, trouble, why } = standing;
  return { until, because: `${name} takes no orders (${trouble}): ${why}`, lasting: false };
}

/** What the host did wrong at this CA, and validations that failed at any. */
function setbackObstacle(upkeep: Upkeep, ca: Ca): Obstacle {
  const { setbacks, unanswered } = upkeep;
  let worst: Obstacle = {
    until: unanswered.until,
    because: `${ca.name} did not answer the last order`,
    lasting: false,
  };
  for (const [name, setback] of Object.entries(setbacks)) {
    const { outcome, why } = setback.last;
    if (name !== ca.name && outcome !== 'challenge-failed') continue;
    const until = setbackEnd(upkeep, setback);
    if (until <= worst.until) continue;
    const lasting = outcome === 'caa-forbids' || outcome === 'rejected' || outcome === 'paused';
    worst = { until, because: `the last order failed (${outcome}): ${why}`, lasting };
  }
  return worst;
}

/** The operator's asking lifts our own pauses, never what the CA said. */
function setbackEnd({ askedAt }: Upkeep, { last, at, until }: Setbacks): number {
  return askedAt > at && last.outcome !== 'rate-limited' ? 0 : until;
}

function wayObstacle(upkeep: Upkeep, look: Looked, ca: Ca): Obstacle | undefined {
  if (waysTo(upkeep, look, ca).length > 0) return undefined;
  const until = look.at + pause('bad-look', PAUSES['bad-look'].length, upkeep.host);
  const held = upkeep.certificate !== undefined;
  const because = `no challenge type works for ${ca.name}: ${look.why}`;
  return { until: held ? Math.min(until, look.at + LONGEST_LOOK_PAUSE) : until, because, lasting: true };
}

function budgetObstacle(upkeep: Upkeep, ca: Ca, now: number): Obstacle | undefined {
  const charges = [...orderCharges(upkeep.host, replaces(upkeep, ca)), failureCharge(upkeep.host)];
  const share = isFailing(upkeep) ? FAILING_SHARE : 1;
  const verdict = ask(ca.ledger, ca.limits, charges, now, share);
  if (verdict.may) return undefined;
  const because = `the limit of ${verdict.charge.limit} at ${ca.name} is used up`;
  return { until: verdict.until, because, lasting: false };
}

function order(upkeep: Upkeep, look: Looked, ca: Ca): Plan {
  const [challenge] = waysTo(upkeep, look, ca);
  // What the look found no way for may have changed since.
  if (challenge === undefined) return { do: 'look', ca: ca.name };
  return { do: 'order', ca: ca.name, challenge, replaces: replaces(upkeep, ca) };
}

/** The challenge types to order with: what worked before first, what just failed last. */
function waysTo(upkeep: Upkeep, look: Looked, ca: Ca): readonly ChallengeType[] {
  const found = look.found === 'good' ? (look.ways[ca.name] ?? []) : ca.challenges;
  const ways = ca.challenges.filter((type) => found.includes(type));
  const last = upkeep.setbacks[ca.name]?.last;
  const failed = last?.outcome === 'challenge-failed' ? last.challenge : undefined;
  const rank = (type: ChallengeType) => (type === failed ? 2 : type === upkeep.works ? 0 : 1);
  return ways.sort((one, other) => rank(one) - rank(other));
}

/** RFC 9773 section 5: only the CA that issued it, and that has renewal information, knows it. */
function replaces({ certificate, setbacks }: Upkeep, ca: Ca): boolean {
  if (certificate === undefined || certificate.ca !== ca.name || certificate.info === undefined) return false;
  return (setbacks[ca.name]?.inRow ?? 0) < REPLACES_TRIES;
}

function wait(until: number, because: string): Wait {
  return { do: 'wait', until, because };
}
