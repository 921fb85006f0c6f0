/**
 * Reads a Retry-After field (RFC 9110 section 10.2.3): seconds, or a date.
 * @returns milliseconds since 1970; undefined where there is none that can be read.
 */
export function readRetryAfter(field: string | undefined, now: number): number | undefined {
  if (field === undefined) return undefined;
  if (/^\d{1,9}$/.test(field)) return now + 1000 * Number(field);
  // A date always begins with the name of a day: Date.parse alone would take many other things for one.
  const date = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(field) ? Date.parse(field) : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}
