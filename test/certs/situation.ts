import { LETS_ENCRYPT, type Slot, spend } from '../../src/certs/budget.ts';
import { CHALLENGE_TYPES, type ChallengeType } from '../../src/certs/issuer.ts';
import type { Ca } from '../../src/certs/obstacle.ts';
import type { FailedOrder } from '../../src/certs/retry.ts';
import { GOOD_STANDING, type Standing } from '../../src/certs/standing.ts';
import {
  afterAsking,
  afterFailure,
  afterInfo,
  afterIssue,
  afterLook,
  type LookResult,
  newUpkeep,
  type Upkeep,
} from '../../src/certs/upkeep.ts';
import { parseHostname } from '../../src/names/hostname.ts';
import { goodValue } from '../cases.ts';

const HOUR = 3600_000;
const BEGAN = Date.UTC(2027, 0, 1);

/** What happened to a host and its CAs, in hours since it came, all of it optional. */
export interface Situation {
  readonly host?: string;
  readonly obtained?: number;
  readonly askInfo?: number;
  readonly window?: readonly [number, number];
  readonly works?: ChallengeType;
  readonly look?: {
    readonly at: number;
    readonly found: LookResult['found'];
    readonly times?: number;
    readonly ways?: readonly ChallengeType[];
    readonly asked?: readonly ChallengeType[];
  };
  readonly failed?: {
    readonly outcome: FailedOrder['outcome'];
    readonly at: number;
    readonly until?: number;
    readonly times?: number;
  };
  readonly asked?: number;
  readonly trouble?: { readonly since: number; readonly until: number };
  readonly spent?: number;
  readonly second?: boolean;
  readonly ari?: boolean;
  /** Whether the first CA was never heard of. */
  readonly silent?: boolean;
  /** What the CAs may be offered now. */
  readonly challenges?: readonly ChallengeType[];
}

export function at(hours: number): number {
  return BEGAN + Math.round(hours * HOUR);
}

/** The host as its history leaves it. */
export function upkeepIn(situation: Situation): Upkeep {
  let upkeep = newUpkeep(goodValue(parseHostname(situation.host ?? 'mta-sts.example.com')), at(0));
  upkeep = withCertificate(upkeep, situation);
  if (situation.works !== undefined) upkeep = { ...upkeep, works: situation.works };
  const { failed, look, asked } = situation;
  if (look !== undefined) {
    const ways = look.ways ?? CHALLENGE_TYPES;
    const types = look.asked ?? CHALLENGE_TYPES;
    const asked = { first: types, second: types };
    const result = { found: look.found, ways: { first: ways, second: ways }, why: 'for a test' };
    for (let time = 0; time < (look.times ?? 1); time += 1)
      upkeep = afterLook(upkeep, result, asked, at(look.at));
  }
  for (let time = 0; failed !== undefined && time < (failed.times ?? 1); time += 1) {
    upkeep = withFailure(upkeep, failed);
  }
  return asked === undefined ? upkeep : afterAsking(upkeep, at(asked));
}

export function casIn(situation: Situation): readonly Ca[] {
  const { trouble, spent = 0, second = false, ari = true, silent = false } = situation;
  const { challenges = CHALLENGE_TYPES } = situation;
  const ledger = new Map<string, readonly Slot[]>();
  for (let order = 0; order < spent; order += 1) {
    const charge = { limit: 'new-orders', subject: '' } as const;
    for (const [key, slots] of spend(ledger, LETS_ENCRYPT, [charge], at(2))) ledger.set(key, slots);
  }
  const standing: Standing =
    trouble === undefined
      ? GOOD_STANDING
      : {
          trouble: 'unreachable',
          inRow: 1,
          since: at(trouble.since),
          at: at(trouble.since),
          until: at(trouble.until),
          why: 'for a test',
          limited: [],
        };
  const common = { challenges, hasRenewalInfo: ari, limits: LETS_ENCRYPT };
  const first = { ...common, name: 'first', isKnown: !silent, ledger, standing };
  const other = { ...common, name: 'second', isKnown: true, ledger: new Map(), standing: GOOD_STANDING };
  return second ? [first, other] : [first];
}

function withCertificate(upkeep: Upkeep, { obtained, window, askInfo = 0 }: Situation): Upkeep {
  if (obtained === undefined) return upkeep;
  const certificate = { ca: 'first', notBefore: at(obtained), notAfter: at(obtained + 160) };
  const issued = afterIssue(upkeep, certificate, undefined, at(obtained));
  const info = window && { start: at(window[0]), end: at(window[1]), askAgain: at(askInfo) };
  const asked = afterInfo(issued, info, at(obtained));
  // Past the bounds that a real answer is kept to.
  return asked.certificate === undefined
    ? asked
    : { ...asked, certificate: { ...asked.certificate, askInfoAt: at(askInfo) } };
}

function withFailure(upkeep: Upkeep, failed: NonNullable<Situation['failed']>): Upkeep {
  const why = 'for a test';
  const { outcome } = failed;
  let order: FailedOrder;
  if (outcome === 'rate-limited') order = { outcome, until: at(failed.until ?? 0), why };
  else if (outcome === 'challenge-failed') order = { outcome, challenge: 'http-01', why };
  else order = { outcome, why };
  const [startedAt, endedAt] = [at(failed.at), at(failed.at)];
  return afterFailure(upkeep, { ca: 'first', host: upkeep.host, startedAt, endedAt, outcome: order }, order);
}
