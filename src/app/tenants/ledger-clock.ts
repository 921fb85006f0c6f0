/**
 * The wall clock, but going on by the clock that never steps where the wall clock is set back: when a revision was
 * last served must never be told too early, or its tenant could leave while senders still hold it (promise I9).
 */
export function ledgerClock(now: () => number, uptime: () => number): () => number {
  let latest = now();
  let read = uptime();
  return () => {
    const at = uptime();
    latest = Math.max(now(), latest + (at - read));
    read = at;
    return Math.ceil(latest);
  };
}
