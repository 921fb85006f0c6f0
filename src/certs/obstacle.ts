import { ask, type Ledger, type Limits } from './budget.ts';
import { failureCharge, orderCharges } from './charges.ts';
import type { ChallengeType } from './issuer.ts';
import { PAUSES, pause } from './retry.ts';
import type { Standing } from './standing.ts';
import { isFailing, type Looked, type Setbacks, type Upkeep } from './upkeep.ts';

const HOUR = 3600_000;

// A second CA is turned to when the first takes no orders for longer than this.
const PATIENCE = HOUR;
// A CA that was never heard of is thought of again after this time at the soonest.
const SILENCE_PAUSE = 60_000;
// What a look found at one CA is asked again after this time where there is a certificate to lose.
const LONGEST_WAY_PAUSE = HOUR;
// After so many failures in a row an order no longer says what it replaces, for that may be why.
const REPLACES_TRIES = 3;
// Hosts whose orders fail leave the rest of the new orders to the others.
const FAILING_SHARE = 3 / 4;

/** A CA with one account, in the order of preference. */
export interface Ca {
  readonly name: string;
  /** Whether its directory was read since the start; before that nothing can be ordered there. */
  readonly isKnown: boolean;
  /** The challenge types that it may be offered. */
  readonly challenges: readonly ChallengeType[];
  /** Whether its directory offers renewal information (RFC 9773 section 3). */
  readonly hasRenewalInfo: boolean;
  readonly limits: Limits;
  readonly ledger: Ledger;
  readonly standing: Standing;
}

/** What keeps a host from ordering at a CA now. */
export interface Obstacle {
  readonly until: number;
  readonly because: string;
  /** When another CA may be turned to for it: at once where this one does not want the host. */
  readonly yields: 'at-once' | 'if-it-matters' | 'not';
}

/** The first thing in the way; before all, what shows that this CA does not want the host. */
export function obstacleAt(upkeep: Upkeep, look: Looked, ca: Ca, now: number): Obstacle | undefined {
  if (!ca.isKnown) return silenceObstacle(ca, now);
  const inTheWay = [
    standingObstacle(ca, now),
    setbackObstacle(upkeep, ca, now),
    wayObstacle(upkeep, look, ca),
  ].filter((obstacle) => obstacle !== undefined && obstacle.until > now);
  const first = inTheWay.find((obstacle) => obstacle?.yields === 'at-once') ?? inTheWay[0];
  return first ?? budgetObstacle(upkeep, ca, now);
}

function silenceObstacle(ca: Ca, now: number): Obstacle {
  const obstacle = standingObstacle(ca, now);
  return { ...obstacle, until: Math.max(obstacle.until, now + SILENCE_PAUSE) };
}

/** What was noted by a clock that has been set back since does not count, here and in the next. */
function standingObstacle({ name, standing }: Ca, now: number): Obstacle {
  const { trouble, why, since, at } = standing;
  const until = at > now ? 0 : standing.until;
  const takesLong = Math.max(until, now) - since > PATIENCE;
  const because = `${name} takes no orders (${trouble}): ${why}`;
  return { until, because, yields: takesLong ? 'if-it-matters' : 'not' };
}

/** What the host did wrong at this CA, and validations that failed at any. */
function setbackObstacle(upkeep: Upkeep, ca: Ca, now: number): Obstacle {
  const { setbacks, unanswered } = upkeep;
  const silence = `${ca.name} did not answer the last order`;
  const silentUntil = unanswered.ca === ca.name ? unanswered.until : 0;
  let worst: Obstacle = { until: silentUntil, because: silence, yields: 'not' };
  for (const [name, setback] of Object.entries(setbacks)) {
    const { last } = setback;
    const { outcome, why } = last;
    if (name !== ca.name && outcome !== 'challenge-failed') continue;
    // A type that is offered no more is in nobody's way.
    if (last.outcome === 'challenge-failed' && !ca.challenges.includes(last.challenge)) continue;
    const until = setback.at > now ? 0 : setbackEnd(upkeep, setback);
    const because = `the last order failed (${outcome}): ${why}`;
    if (until > worst.until) worst = { until, because, yields: setbackYields(setback, until - now) };
  }
  return worst;
}

function setbackYields({ last }: Setbacks, wait: number): Obstacle['yields'] {
  if (last.outcome === 'caa-forbids' || last.outcome === 'rejected' || last.outcome === 'paused') {
    return 'at-once';
  }
  return last.outcome === 'rate-limited' && wait > PATIENCE ? 'if-it-matters' : 'not';
}

/** The operator's asking lifts our own pauses, never what the CA said. */
function setbackEnd({ askedAt }: Upkeep, { last, at, until }: Setbacks): number {
  return askedAt > at && last.outcome !== 'rate-limited' ? 0 : until;
}

function wayObstacle(upkeep: Upkeep, look: Looked, ca: Ca): Obstacle | undefined {
  if (waysTo(upkeep, look, ca).length > 0) return undefined;
  const longest = pause('bad-look', PAUSES['bad-look'].length, upkeep.host);
  const length = upkeep.certificate === undefined ? longest : Math.min(longest, LONGEST_WAY_PAUSE);
  const because = `no challenge type works for ${ca.name}: ${look.why}`;
  return { until: look.at + length, because, yields: 'at-once' };
}

function budgetObstacle(upkeep: Upkeep, ca: Ca, now: number): Obstacle | undefined {
  const charges = [...orderCharges(upkeep.host, replaces(upkeep, ca)), failureCharge(upkeep.host)];
  const share = isFailing(upkeep) ? FAILING_SHARE : 1;
  const verdict = ask(ca.ledger, ca.limits, charges, now, share);
  if (verdict.may) return undefined;
  const because = `the limit of ${verdict.charge.limit} at ${ca.name} is used up`;
  return { until: verdict.until, because, yields: verdict.until - now > PATIENCE ? 'if-it-matters' : 'not' };
}

/** The challenge types to order with: what worked before first, what just failed last. */
export function waysTo(upkeep: Upkeep, look: Looked, ca: Ca): readonly ChallengeType[] {
  const found = look.found === 'good' ? (look.ways[ca.name] ?? []) : ca.challenges;
  const ways = ca.challenges.filter((type) => found.includes(type));
  const last = upkeep.setbacks[ca.name]?.last;
  const failed = last?.outcome === 'challenge-failed' ? last.challenge : undefined;
  const rank = (type: ChallengeType) => (type === failed ? 2 : type === upkeep.works ? 0 : 1);
  return ways.sort((one, other) => rank(one) - rank(other));
}

/** RFC 9773 section 5: only the CA that issued it, and that has renewal information, knows it. */
export function replaces({ certificate, setbacks }: Upkeep, ca: Ca): boolean {
  if (certificate === undefined || certificate.ca !== ca.name || certificate.info === undefined) return false;
  return (setbacks[ca.name]?.inRow ?? 0) < REPLACES_TRIES;
}
