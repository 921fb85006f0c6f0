import { type CST, isNode, isSeq, type Node, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';

/** A piece of a text that is replaced by another one; the rest stays to the byte. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function splice(text: string, splices: readonly Splice[]): string {
  let result = '';
  let last = 0;
  for (const { start, end, text: put } of splices.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    result += text.slice(last, Math.max(last, start)) + put;
    last = Math.max(last, end);
  }
  return result + text.slice(last);
}

/** A list or a map as it stands in the text. */
export type Collection = (YAMLMap | YAMLSeq) & { srcToken?: CST.Token };

/** What becomes of the entries of a collection, by their index. */
export interface Changes {
  readonly removed: ReadonlySet<number>;
  /** Entries that take the place of others, with their source. */
  readonly replaced: ReadonlyMap<number, string>;
  /** New ones after an entry; -1 stands for the beginning. */
  readonly added: ReadonlyMap<number, readonly string[]>;
}

/** One item of a list, from its hyphen where there is one, or one pair of a map. */
interface Entry {
  readonly start: number;
  readonly end: number;
}

/** What a document can't be changed by without changing more of it than is wanted. */
export class Unspliceable extends Error {}

/** The splices that change a collection, comments kept. Throws {@link Unspliceable}. */
export function changeCollection(text: string, collection: Collection, changes: Changes): readonly Splice[] {
  const entries = entriesOf(collection);
  return isFlow(collection)
    ? changeFlow(text, collection, entries, changes)
    : changeBlock(text, entries, changes);
}

/** The source of one entry, with the comment on its line where it stands on lines of its own. */
export function entrySource(text: string, collection: Collection, index: number): string {
  const entry = at(entriesOf(collection), index);
  return text.slice(entry.start, isFlow(collection) ? entry.end : lineEnd(text, entry.end));
}

/** Written in brackets. */
export function isFlow(collection: Collection): boolean {
  return collection.srcToken?.type === 'flow-collection';
}

/** Where the colon of a pair ends. */
export function afterColon(pair: Pair & { srcToken?: CST.CollectionItem }): number {
  const colon = pair.srcToken?.sep?.find(({ type }) => type === 'map-value-ind');
  if (colon === undefined) throw new Unspliceable();
  return colon.offset + 1;
}

export function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function entriesOf(collection: Collection): Entry[] {
  if (!isSeq(collection)) return (collection as YAMLMap).items.map(pairEntry);
  const tokens = (collection.srcToken as CST.BlockSequence | CST.FlowCollection | undefined)?.items ?? [];
  return collection.items.map((item, index) => {
    const { start, end } = rangeOf(item);
    // Comments before the first hyphen are the list's, before others the item's.
    const hyphen = tokens[index]?.start.find(({ type }) => type === 'seq-item-ind');
    return { start: hyphen?.offset ?? start, end };
  });
}

function pairEntry({ key, value }: Pair): Entry {
  const { start, end } = rangeOf(key);
  return { start, end: isNode(value) && value.range ? Math.max(end, value.range[1]) : end };
}

function rangeOf(node: unknown): Entry {
  const range = isNode(node) ? (node as Node).range : undefined;
  if (!range) throw new Unspliceable();
  return { start: range[0], end: range[1] };
}

function changeBlock(
  text: string,
  entries: readonly Entry[],
  { removed, replaced, added }: Changes,
): Splice[] {
  const lines = entries.map(({ start, end }) => ({ start: ownLine(text, start), end: nextLine(text, end) }));
  const [first] = entries;
  const [firstLine] = lines;
  if (first === undefined || firstLine === undefined) throw new Unspliceable();
  const indent = text.slice(firstLine.start, first.start);
  const newline = newlineOf(text);
  const lineOf = (source: string) => `${indent}${source}${newline}`;
  return [
    ...[...removed].map((index) => ({ ...at(lines, index), text: '' })),
    ...[...replaced].map(([index, source]) => {
      const { start, end } = at(entries, index);
      return { start, end: lineEnd(text, end), text: source };
    }),
    ...[...added].map(([index, sources]) => {
      const place = index < 0 ? firstLine.start : at(lines, index).end;
      const put = sources.map(lineOf).join('');
      // The last line of a document may have no end.
      const isOpen = place === text.length && !text.endsWith('\n');
      return { start: place, end: place, text: isOpen ? newline + put : put };
    }),
  ];
}

function changeFlow(
  text: string,
  collection: Collection,
  entries: readonly Entry[],
  { removed, replaced, added }: Changes,
): Splice[] {
  const [first] = entries;
  if (first === undefined) return [intoEmpty(text, collection, [...added.values()].flat())];
  return [
    ...removals(text, entries, removed),
    ...[...replaced].map(([index, source]) => ({ ...at(entries, index), text: source })),
    ...[...added].map(([index, sources]) => {
      const place = index < 0 ? first.start : at(entries, index).end;
      const put = index < 0 ? sources.map((one) => `${one}, `) : sources.map((one) => `, ${one}`);
      return { start: place, end: place, text: put.join('') };
    }),
  ];
}

function intoEmpty(text: string, collection: Collection, sources: readonly string[]): Splice {
  const { start, end } = rangeOf(collection);
  if (text.slice(start + 1, end - 1).trim() !== '') throw new Unspliceable();
  const pad = isSeq(collection) ? '' : ' ';
  return { start: start + 1, end: end - 1, text: `${pad}${sources.join(', ')}${pad}` };
}

function removals(text: string, entries: readonly Entry[], removed: ReadonlySet<number>): Splice[] {
  const kept = entries.map((_, index) => index).filter((index) => !removed.has(index));
  return [...removed].map((index) => {
    const entry = at(entries, index);
    const next = kept.find((other) => other > index);
    const previous = kept.findLast((other) => other < index);
    const following = entries[index + 1];
    const last = entries[index - 1];
    // With the comma that follows or, at the end of the list, with the one before.
    const whole =
      next !== undefined && following !== undefined
        ? { start: entry.start, end: following.start }
        : { start: previous === undefined || last === undefined ? entry.start : last.end, end: entry.end };
    // A comment in between stays, and a comma before the bracket is lawful.
    if (!/[#\r\n]/.test(text.slice(whole.start, whole.end))) return { ...whole, text: '' };
    const comma = /^[ \t]*,/.exec(text.slice(entry.end))?.[0].length ?? 0;
    return { start: entry.start, end: entry.end + comma, text: '' };
  });
}

/** The start of the line on which nothing stands before this place. */
function ownLine(text: string, place: number): number {
  const start = text.lastIndexOf('\n', place - 1) + 1;
  if (text.slice(start, place).trim() !== '') throw new Unspliceable();
  return start;
}

/** Where the line ends, without what ends it. */
function lineEnd(text: string, place: number): number {
  if (text[place - 1] === '\n') throw new Unspliceable();
  const end = text.indexOf('\n', place);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' && end > place ? end - 1 : end;
}

function nextLine(text: string, place: number): number {
  if (place > 0 && text[place - 1] === '\n') return place;
  const end = text.indexOf('\n', place);
  return end < 0 ? text.length : end + 1;
}

function at<T>(list: readonly T[], index: number): T {
  const found = list[index];
  if (found === undefined) throw new Unspliceable();
  return found;
}
