import { isUrgent } from './renewal.ts';
import { isFailing, renewable, type Upkeep } from './upkeep.ts';

/** Why a host wants an order, which decides who goes first. */
export type Lane = 'urgent' | 'new' | 'renewal' | 'failing';

// Whose turn it is, round and round: a lapse is worst, yet no flood in one lane stops the others.
const TURNS: readonly Lane[] = ['urgent', 'new', 'urgent', 'new', 'renewal'];
// So many orders in a row that the CA did not answer make it likely that it never will.
const UNANSWERED = 2;
// Who goes if nobody is in the lane whose turn it is. Those that fail come after all others.
const PREFERENCE: readonly Lane[] = ['urgent', 'new', 'renewal', 'failing'];

export function laneOf(upkeep: Upkeep, now: number): Lane {
  if (isFailing(upkeep) || upkeep.unanswered.inRow >= UNANSWERED) return 'failing';
  const held = renewable(upkeep);
  if (held === undefined) return 'new';
  return isUrgent(held, now) ? 'urgent' : 'renewal';
}

/**
 * The order in which hosts are served. `turn` counts the orders that were started before.
 *
 * Within a lane, those whose last orders the CA did not answer come later, so that one host that makes the CA stumble
 * does not hold the others; then whoever the operator asked for; then the soonest to expire or the longest waiting,
 * and of those that fail the least often failed.
 */
export function inOrder(upkeeps: readonly Upkeep[], now: number, turn: number): readonly Upkeep[] {
  const lanes = new Map<Lane, Place[]>(PREFERENCE.map((lane) => [lane, []]));
  for (const upkeep of upkeeps) lanes.get(laneOf(upkeep, now))?.push({ upkeep, rank: rankOf(upkeep) });
  for (const lane of lanes.values()) lane.sort(before).reverse();
  const order: Upkeep[] = [];
  while (order.length < upkeeps.length) {
    const turns = TURNS[(turn + order.length) % TURNS.length];
    const lane = [turns, ...PREFERENCE].find((name) => name !== undefined && lanes.get(name)?.length);
    const next = lane === undefined ? undefined : lanes.get(lane)?.pop();
    if (next === undefined) break;
    order.push(next.upkeep);
  }
  return order;
}

interface Place {
  readonly upkeep: Upkeep;
  /** Compared number by number. */
  readonly rank: readonly number[];
}

function before(one: Place, other: Place): number {
  for (const [index, value] of one.rank.entries()) {
    const difference = value - (other.rank[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.upkeep.host < other.upkeep.host ? -1 : 1;
}

function rankOf(upkeep: Upkeep): readonly number[] {
  const { certificate, since, setbacks, unanswered, askedAt } = upkeep;
  const failures = Math.max(0, ...Object.values(setbacks).map(({ inRow }) => inRow));
  const wasAsked = askedAt > (certificate?.obtainedAt ?? since);
  return [unanswered.inRow, failures, wasAsked ? 0 : 1, certificate?.notAfter ?? since];
}
