import type { Hostname } from '../names/hostname.ts';
import type { ChallengeType, RenewalInfo } from './issuer.ts';
import { askAgainAt, type Renewable } from './renewal.ts';
import { type FailedOrder, pause, retryAt } from './retry.ts';
import type { Ended } from './standing.ts';

/** A certificate that is in use. Times are milliseconds since 1970. */
export interface Held {
  /** The name of the CA it came from. */
  readonly ca: string;
  readonly obtainedAt: number;
  readonly notBefore: number;
  readonly notAfter: number;
  /** What the CA last said of it, and when to ask again. */
  readonly info: RenewalInfo | undefined;
  readonly askInfoAt: number;
}

/** What a look from outside found, before any order. */
export interface LookResult {
  /**
   * `good`: an order can succeed, by `ways`. `bad`: it must fail: DNS leads elsewhere, or CAA forbids.
   * `unclear`: no proof of either, such as a path that can't be walked from here.
   */
  readonly found: 'good' | 'bad' | 'unclear';
  /** The challenge types that would be answered and that CAA allows, by CA. */
  readonly ways: Readonly<Record<string, readonly ChallengeType[]>>;
  readonly why: string;
  /** What to do about it, with the record to set where there is one. */
  readonly remedy?: string;
}

export interface Looked extends LookResult {
  readonly at: number;
  /** The challenge types that it looked for, by CA. */
  readonly asked: Readonly<Record<string, readonly ChallengeType[]>>;
  /** Looks in a row that were not good, since the operator last asked. */
  readonly poorInRow: number;
  /** When to look again after one that was not good. */
  readonly again: number;
}

/** Failures in a row at one CA. */
export interface Setbacks {
  readonly inRow: number;
  readonly last: FailedOrder;
  readonly at: number;
  readonly until: number;
}

/** All that is known of one host's certificate, as plain values for the store; changed only by the functions below. */
export interface Upkeep {
  readonly host: Hostname;
  /** When the host came. */
  readonly since: number;
  /** When the operator last asked for a certificate. */
  readonly askedAt: number;
  readonly certificate: Held | undefined;
  /** The challenge type that worked last. */
  readonly works: ChallengeType | undefined;
  readonly look: Looked | undefined;
  /** By CA; none since the last certificate. */
  readonly setbacks: Readonly<Record<string, Setbacks>>;
  /** Orders in a row that a CA did not answer, which are not the host's fault; which CA did so last, and its pause. */
  readonly unanswered: { readonly inRow: number; readonly ca: string | undefined; readonly until: number };
}

const NOT_UNANSWERED = { inRow: 0, ca: undefined, until: 0 };

export function newUpkeep(host: Hostname, since: number): Upkeep {
  return {
    host,
    since,
    askedAt: since,
    certificate: undefined,
    works: undefined,
    look: undefined,
    setbacks: {},
    unanswered: NOT_UNANSWERED,
  };
}

/** The certificate as {@link renewal} wants it. */
export function renewable({ host, certificate }: Upkeep): Renewable | undefined {
  return certificate === undefined ? undefined : { host, ...certificate };
}

/** Whether orders of this host have failed since its last certificate. */
export function isFailing({ setbacks }: Upkeep): boolean {
  return Object.keys(setbacks).length > 0;
}

/** The operator asks: pauses that are ours are lifted, and growing ones begin anew. */
export function afterAsking(upkeep: Upkeep, at: number): Upkeep {
  return { ...upkeep, askedAt: at, unanswered: NOT_UNANSWERED };
}

export function afterLook(upkeep: Upkeep, result: LookResult, asked: Looked['asked'], at: number): Upkeep {
  const { look, host, askedAt } = upkeep;
  const before = look !== undefined && askedAt <= look.at ? look.poorInRow : 0;
  const poorInRow = result.found === 'good' ? 0 : before + 1;
  const again = at + pause('bad-look', poorInRow, host);
  return { ...upkeep, look: { ...result, asked, at, poorInRow, again } };
}

/** After the CA was asked for renewal information. What it said before holds when it says nothing now. */
export function afterInfo(upkeep: Upkeep, info: RenewalInfo | undefined, at: number): Upkeep {
  const { certificate } = upkeep;
  if (certificate === undefined) return upkeep;
  const askInfoAt = askAgainAt(info, at);
  return { ...upkeep, certificate: { ...certificate, info: info ?? certificate.info, askInfoAt } };
}

export type NewCertificate = Pick<Held, 'ca' | 'notBefore' | 'notAfter'>;

/** After a new certificate was verified and put to use. */
export function afterIssue(
  upkeep: Upkeep,
  certificate: NewCertificate,
  challenge: ChallengeType | undefined,
  at: number,
): Upkeep {
  return {
    ...upkeep,
    certificate: { ...certificate, obtainedAt: at, info: undefined, askInfoAt: at },
    works: challenge ?? upkeep.works,
    setbacks: {},
    unanswered: NOT_UNANSWERED,
  };
}

/** After an order that failed; `ended` is the one that {@link standingAfter} gets, too. */
export function afterFailure(upkeep: Upkeep, ended: Ended, failed: FailedOrder): Upkeep {
  const { host, unanswered, setbacks } = upkeep;
  const { ca, endedAt } = ended;
  if (failed.outcome === 'unreachable' || failed.outcome === 'account-refused') {
    const inRow = unanswered.inRow + 1;
    const until = endedAt + pause('unreachable', inRow, host);
    return { ...upkeep, unanswered: { inRow, ca, until } };
  }
  const before = setbacks[ca];
  const inRow = before === undefined || upkeep.askedAt > before.at ? 1 : before.inRow + 1;
  const until = retryAt(failed, inRow, host, endedAt);
  const mine = { inRow, last: failed, at: endedAt, until };
  return { ...upkeep, setbacks: { ...setbacks, [ca]: mine }, unanswered: NOT_UNANSWERED };
}
