import { spread } from '../names/spread.ts';
import type { RenewalInfo } from './issuer.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

// Certificates that were issued together fall due spread over this part of their lifetime, which ends at two thirds.
const SPREAD = 1 / 6;
const LATEST_WITHOUT_WINDOW = 2 / 3;

// What stays for retries however late the CA's window is.
const MARGIN = 1 / 10;
const LONGEST_MARGIN = 3 * DAY;

// RFC 9773 section 4.3.2 asks clients to set such bounds.
const SOONEST_ASK = MINUTE;
const LATEST_ASK = DAY;
// RFC 9773 section 4.3.3: after a failure that is not passing.
const ASK_AFTER_NOTHING = 6 * HOUR;

/** What the time of renewal depends on; times are milliseconds since 1970. */
export interface Renewable {
  readonly host: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** What the CA that issued it last said of this very certificate. */
  readonly info: RenewalInfo | undefined;
}

export interface Renewal {
  readonly renewAt: number;
  /** Whether the CA named the time, or the lifetime did. */
  readonly by: 'window' | 'lifetime';
}

/**
 * When a certificate is to be renewed: at a point in the CA's window that the hash of host and window chooses (RFC 9773
 * section 4.2), else between a half and two thirds of its lifetime. A window in the past, by which a CA tells of a
 * revocation, gives a time in the past. Never later than {@link lastMoment}.
 */
export function renewal(certificate: Renewable): Renewal {
  const { host, info } = certificate;
  if (info === undefined || !isWindow(info, certificate.notAfter)) return byLifetime(certificate);
  const point = info.start + (info.end - info.start) * spread(host, info.start, info.end);
  return { renewAt: Math.min(point, lastMoment(certificate)), by: 'window' };
}

export function isDue(certificate: Renewable, now: number): boolean {
  return now >= renewal(certificate).renewAt;
}

/** Whether it should have been renewed long ago: half of the time that was left for it is gone, or the window is. */
export function isUrgent(certificate: Renewable, now: number): boolean {
  const { info, notAfter } = certificate;
  const { renewAt } = renewal(certificate);
  if (now < renewAt) return false;
  if (info !== undefined && isWindow(info, notAfter) && now > info.end) return true;
  return now >= (renewAt + notAfter) / 2;
}

/** The latest time of renewal, whatever the CA says: a tenth of the lifetime, at most three days, is left then. */
export function lastMoment({ notBefore, notAfter }: Renewable): number {
  const lifetime = Math.max(0, notAfter - notBefore);
  return notAfter - Math.min(lifetime * MARGIN, LONGEST_MARGIN);
}

/** When to ask the CA again for renewal information, of what it said at `askedAt` (RFC 9773 section 4.3). */
export function askAgainAt(info: RenewalInfo | undefined, askedAt: number): number {
  const pause = info === undefined ? ASK_AFTER_NOTHING : info.askAgain - askedAt;
  if (Number.isNaN(pause)) return askedAt + ASK_AFTER_NOTHING;
  return askedAt + Math.min(Math.max(pause, SOONEST_ASK), LATEST_ASK);
}

function byLifetime({ host, notBefore, notAfter }: Renewable): Renewal {
  const lifetime = Math.max(0, notAfter - notBefore);
  // With notBefore in it, no host is always early.
  const part = LATEST_WITHOUT_WINDOW - SPREAD * spread(host, notBefore);
  return { renewAt: Math.min(notBefore, notAfter) + lifetime * part, by: 'lifetime' };
}

/** RFC 9773 section 4.2: a window that does not end after its start counts as no answer. */
function isWindow({ start, end }: RenewalInfo, notAfter: number): boolean {
  return Number.isFinite(start) && start < end && end <= notAfter;
}
