const UNITS = [
  ['year', 365.25 * 86_400_000],
  ['month', 30.4375 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** How far a time is from now, as people say it: `3 days ago`, `in 2 hours`. Times are milliseconds since 1970. */
export function fromNow(at: number, now: number): string {
  const distance = Math.abs(at - now);
  const [unit, length] = UNITS.find(([, each]) => distance >= 1.5 * each) ?? ['second', 1_000];
  if (distance < 1_500) return 'now';
  const count = `${Math.round(distance / length)} ${unit}s`;
  return at < now ? `${count} ago` : `in ${count}`;
}

/** A span of seconds by its largest unit that leaves nothing over: `1 week`, `90 minutes`. */
export function span(seconds: number): string {
  const found = SPANS.find(([, length]) => seconds >= length && seconds % length === 0) ?? ['second', 1];
  const [unit, length] = found;
  const count = seconds / length;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

const SPANS = [
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** A time to the minute, for people anywhere. */
export function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
