import {
  Composer,
  type CST,
  type Document,
  isMap,
  isScalar,
  isSeq,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { parseMxPattern } from '../../policy/mx-pattern.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { listChanges } from './list-changes.ts';
import { listSource, mapSource, pairSource, type Quoting, textSource } from './yaml-source.ts';
import {
  afterColon,
  type Changes,
  type Collection,
  changeCollection,
  entrySource,
  isFlow,
  newlineOf,
  type Splice,
  splice,
  Unspliceable,
} from './yaml-splice.ts';

/** The document of a tenant that has none yet. */
export function newDocument({ domain, policy, labels }: Tenant): string {
  const { mode, max_age, mx } = policy;
  const lines = [
    `domain: ${textSource(domain)}`,
    'policy:',
    `  mode: ${mode}`,
    `  max_age: ${max_age}`,
    ...(mx.length > 0 ? ['  mx:', ...mx.map((pattern) => `    - ${textSource(pattern)}`)] : []),
    ...(Object.keys(labels).length > 0 ? [`labels: ${mapSource(labels)}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The document with another policy or other labels: what does not change keeps its bytes, with comments, order and
 * style. Undefined where the document is written so that it can't be changed like this.
 */
export function editDocument(text: string, tenant: Tenant): string | undefined {
  try {
    const root = parsedRoot(text);
    const policy = root.get('policy', true);
    if (!isMap(policy)) return undefined;
    return splice(text, [...policySplices(text, policy, tenant), ...labelSplices(text, root, tenant)]);
  } catch (error) {
    if (error instanceof Unspliceable) return undefined;
    throw error;
  }
}

/** The comments that a document begins with. */
export function openingComments(text: string): string {
  return /^(?:[ \t]*(?:#[^\n]*)?\n)*/.exec(text)?.[0] ?? '';
}

function parsedRoot(text: string): YAMLMap {
  const tokens = [...new Parser().parse(text)];
  const options = { keepSourceTokens: true, prettyErrors: false, version: '1.2' } as const;
  const [document] = new Composer(options).compose(tokens, true, text.length) as Iterable<Document.Parsed>;
  if (document?.errors.length !== 0 || !isMap(document.contents)) throw new Unspliceable();
  return document.contents;
}

function policySplices(text: string, policy: YAMLMap, { policy: wanted }: Tenant): Splice[] {
  const quoting = quotingOf(policy);
  const splices: Splice[] = [];
  const missing: string[] = [];
  for (const [key, value] of [
    ['mode', wanted.mode],
    ['max_age', wanted.max_age],
  ] as const) {
    const pair = pairOf(policy, key);
    const source = typeof value === 'number' ? `${value}` : textSource(value, quotingOfValue(pair?.value));
    if (pair === undefined) missing.push(`${textSource(key, quoting)}: ${source}`);
    else if (!isScalar(pair.value) || pair.value.value !== value)
      splices.push(scalarSplice(text, pair, source));
  }
  const mx = pairOf(policy, 'mx');
  if (mx === undefined && wanted.mx.length > 0) {
    missing.push(`${textSource('mx', quoting)}: ${listSource(wanted.mx, quoting)}`);
  } else if (mx !== undefined) splices.push(...mxSplices(text, mx, wanted.mx, quoting));
  return missing.length > 0 ? [...splices, ...append(text, policy, missing)] : splices;
}

function mxSplices(text: string, pair: Pair, wanted: readonly string[], quoting: Quoting): readonly Splice[] {
  const { value: list } = pair;
  if (!isSeq(list)) return wanted.length === 0 ? [] : [scalarSplice(text, pair, listSource(wanted, quoting))];
  const collection: Collection = list;
  const meanings = list.items.map((item) => (isScalar(item) ? meaningOf(item.value) : ''));
  if (wanted.length === 0) return emptied(text, pair, collection, '[]');
  if (meanings.length === 0) return [whole(collection, listSource(wanted, quoting))];
  const itemQuoting = list.items.every((item) => quotingOfValue(item) === 'double') ? 'double' : 'plain';
  const changes = listChanges(
    {
      meanings,
      source: (index) => entrySource(text, collection, index),
      newSource: (meaning) => `${isFlow(collection) ? '' : '- '}${textSource(meaning, itemQuoting)}`,
    },
    wanted,
  );
  return changes === undefined ? [] : changeCollection(text, collection, changes);
}

/** Written in any letter case and in any script. */
function meaningOf(written: unknown): string {
  const pattern = typeof written === 'string' ? parseMxPattern(written) : undefined;
  return pattern?.ok ? pattern.value : `not one: ${String(written)}`;
}

function labelSplices(text: string, root: YAMLMap, { labels: wanted }: Tenant): readonly Splice[] {
  const pair = pairOf(root, 'labels');
  const quoting = quotingOf(root);
  const isEmpty = Object.keys(wanted).length === 0;
  if (pair === undefined) {
    const source = `${textSource('labels', quoting)}: ${mapSource(wanted, quoting)}`;
    return isEmpty ? [] : append(text, root, [source]);
  }
  const { value: map } = pair;
  if (!isMap(map)) return [scalarSplice(text, pair, mapSource(wanted, quoting))];
  if (isEmpty) return emptied(text, pair, map, '{}');
  if (map.items.length === 0) return [whole(map, mapSource(wanted, quoting))];
  return changedLabels(text, map, wanted);
}

function changedLabels(
  text: string,
  map: YAMLMap,
  wanted: Readonly<Record<string, string>>,
): readonly Splice[] {
  const written = map.items.map(({ key }) => (isScalar(key) ? String(key.value) : ''));
  const missing = Object.keys(wanted).filter((key) => !written.includes(key));
  const removed = new Set(
    [...written.keys()].filter((index) => !Object.hasOwn(wanted, written[index] ?? '')),
  );
  // All of them new: nothing is left that they could be put beside.
  if (removed.size === written.length) return [whole(map, mapSource(wanted))];
  const changed = map.items.flatMap((pair, index) => {
    const value = wanted[written[index] ?? ''];
    if (removed.has(index) || value === undefined) return [];
    const isSame = isScalar(pair.value) && pair.value.value === value;
    return isSame ? [] : [scalarSplice(text, pair, textSource(value, 'double'))];
  });
  const last = [...written.keys()].findLast((index) => !removed.has(index)) ?? -1;
  const sources = missing.map((key) => pairSource(key, wanted[key] ?? '', quotingOf(map)));
  const added = new Map(sources.length > 0 ? [[last, sources]] : []);
  if (removed.size + added.size === 0) return changed;
  return [...changed, ...changeCollection(text, map, { removed, replaced: new Map(), added })];
}

type Pair = YAMLMap['items'][number] & { srcToken?: CST.CollectionItem };

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

/** Puts another value into the place of a single one. */
function scalarSplice(text: string, pair: Pair, source: string): Splice {
  const { value } = pair;
  if (value === null || (isScalar(value) && value.srcToken === undefined)) return absent(pair, source);
  if (!isScalar(value) || !value.range) throw new Unspliceable();
  const [start, end] = value.range;
  if (start === end) return absent(pair, source);
  // A text in lines of its own ends after its last line.
  return { start, end, text: value.srcToken?.type === 'block-scalar' ? source + newlineOf(text) : source };
}

function absent(pair: Pair, source: string): Splice {
  const place = afterColon(pair);
  return { start: place, end: place, text: ` ${source}` };
}

function append(text: string, map: YAMLMap, sources: readonly string[]): readonly Splice[] {
  const added = new Map([[map.items.length - 1, sources]]);
  return changeCollection(text, map, { removed: new Set(), replaced: new Map(), added });
}

function emptied(text: string, pair: Pair, collection: Collection, empty: string): readonly Splice[] {
  if (collection.items.length === 0) return [];
  if (isFlow(collection)) return [whole(collection, empty)];
  const removed = new Set(collection.items.keys());
  const changes: Changes = { removed, replaced: new Map(), added: new Map() };
  return [absent(pair, empty), ...changeCollection(text, collection, changes)];
}

/** In the place of one in brackets that has no comment. */
function whole(collection: Collection, source: string): Splice {
  const { range } = collection;
  if (!range || !isFlow(collection)) throw new Unspliceable();
  return { start: range[0], end: range[1], text: source };
}

/** As most JSON has it, or not. */
function quotingOf(map: YAMLMap): Quoting {
  return quotingOfValue(map.items[0]?.key) === 'double' ? 'double' : 'plain';
}

function quotingOfValue(node: unknown): Quoting {
  const type = isScalar(node) ? (node as Scalar).type : undefined;
  if (type === 'QUOTE_DOUBLE') return 'double';
  return type === 'QUOTE_SINGLE' ? 'single' : 'plain';
}
