/** Where a list goes on, as the client is to give it back: it may not look into it. */
export function cursorOf(last: string): string {
  return Buffer.from(last).toString('base64url');
}

/** The text that a cursor was made of; undefined where it was made of none. */
export function readCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  return cursorOf(text) === cursor && text !== '' ? text : undefined;
}

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A page of what was found with one more than `limit` asked for. `place` is what the next page begins after. */
export function pageOf<T, U>(
  found: readonly T[],
  limit: number,
  place: (item: T) => string,
  tell: (item: T) => U,
): Page<U> {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const next = found.length > limit && last !== undefined ? cursorOf(place(last)) : null;
  return { items: items.map(tell), next };
}
