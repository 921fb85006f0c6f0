import { isWanted } from './plan.ts';
import type { Standing } from './standing.ts';
import type { Upkeep } from './upkeep.ts';

/** Why a host has no new certificate. */
export interface Trouble {
  /** What went wrong last, or what is waited for; empty where nothing is amiss. */
  readonly why: string;
  /** What to do about it, with the record to set; empty where there is nothing to do. */
  readonly remedy: string;
}

/**
 * The last failure, of orders before that of looks, which come before them; else the trouble with the first CA, where a
 * certificate is wanted from it.
 */
export function troubleOf(upkeep: Upkeep, [first]: readonly Standing[], now: number): Trouble {
  const { setbacks, look } = upkeep;
  const latest = Object.values(setbacks).sort((one, two) => two.at - one.at)[0];
  if (latest !== undefined && latest.at > (look?.at ?? 0)) {
    return { why: `${latest.last.outcome}: ${latest.last.why}`, remedy: '' };
  }
  if (look !== undefined && look.found !== 'good') return { why: look.why, remedy: look.remedy ?? '' };
  const isWaiting = first !== undefined && first.trouble !== 'none' && isWanted(upkeep, now);
  return { why: isWaiting ? `${first.trouble}: ${first.why}` : '', remedy: '' };
}
