import type { Changes } from './yaml-splice.ts';

/** A list as it is written: what each entry means, and its source. */
export interface WrittenList {
  readonly meanings: readonly string[];
  source(index: number): string;
  /** The source of an entry that is not there yet. */
  newSource(meaning: string): string;
}

/**
 * What makes a list mean what is wanted, leaving alone what can stay: so that a comment stays beside what it is about.
 * Each wanted meaning is there once. Undefined where the list means it already.
 */
export function listChanges(list: WrittenList, wanted: readonly string[]): Changes | undefined {
  const present = [...new Set(list.meanings)];
  if (present.join('\n') === wanted.join('\n')) return undefined;
  const places = new Map(present.map((meaning) => [meaning, list.meanings.indexOf(meaning)]));
  const kept = wanted.flatMap((meaning) => places.get(meaning) ?? []);
  const isKept = kept.length > 0 && isInOrder(kept);
  return isKept ? around(list, wanted, places) : inSlots(list, wanted, places);
}

/** The entries that stay keep their places; others go, and new ones come between. */
function around(list: WrittenList, wanted: readonly string[], places: ReadonlyMap<string, number>): Changes {
  const kept = new Set(wanted.flatMap((meaning) => places.get(meaning) ?? []));
  const removed = new Set([...list.meanings.keys()].filter((index) => !kept.has(index)));
  const added = new Map<number, string[]>();
  let after = -1;
  for (const meaning of wanted) {
    const place = places.get(meaning);
    if (place === undefined) added.set(after, [...(added.get(after) ?? []), list.newSource(meaning)]);
    else after = place;
  }
  return { removed, replaced: new Map(), added };
}

/** Where the order changes, entries are written over one another. */
function inSlots(list: WrittenList, wanted: readonly string[], places: ReadonlyMap<string, number>): Changes {
  const sources = wanted.map((meaning) => {
    const place = places.get(meaning);
    return place === undefined ? list.newSource(meaning) : list.source(place);
  });
  const slots = list.meanings.length;
  return {
    removed: new Set([...list.meanings.keys()].slice(wanted.length)),
    replaced: new Map([...sources.slice(0, slots).entries()]),
    added: new Map(sources.length > slots ? [[slots - 1, sources.slice(slots)]] : []),
  };
}

function isInOrder(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
}
