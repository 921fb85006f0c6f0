import type { RenewalInfoResource } from '../acme/resources.ts';
import type { RenewalInfo } from './issuer.ts';

// RFC 9773 section 4.3.2: less than a minute counts as one, more than a day as one. Milliseconds.
const SHORTEST = 60_000;
const LONGEST = 24 * 3600_000;
const USUAL = 6 * 3600_000;

const MOST_URL = 500;

/**
 * Reads renewal information (RFC 9773 section 4.2).
 * @param retryAfter milliseconds since 1970, where the CA gave it.
 * @returns undefined for a window that can't be (section 4.3: as if there were none).
 */
export function readRenewalInfo(
  resource: RenewalInfoResource,
  retryAfter: number | undefined,
  now: number,
): RenewalInfo | undefined {
  const { start, end } = resource.suggestedWindow;
  const times = { start: readTime(start), end: readTime(end) };
  // Not a number compares as false.
  if (!(times.start < times.end)) return undefined;
  const pause = Math.min(LONGEST, Math.max(SHORTEST, (retryAfter ?? now + USUAL) - now));
  const explanation = resource.explanationURL && readPage(resource.explanationURL);
  return { ...times, askAgain: now + pause, ...(explanation ? { explanation } : {}) };
}

/** An RFC 3339 time in milliseconds since 1970. */
function readTime(text: string): number {
  return /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
}

function readPage(text: string): string | undefined {
  const url = text.length <= MOST_URL ? URL.parse(text) : null;
  return url?.protocol === 'https:' ? url.href : undefined;
}
