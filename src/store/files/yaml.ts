import {
  Composer,
  type CST,
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
} from 'yaml';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { type PathStep, parsePath } from '../../flaws/path.ts';
import { lineAndColumn, yamlFlaws } from './yaml-flaws.ts';

/** A YAML document's value, and where each part of it stands. */
export interface YamlDocument {
  readonly value: unknown;
  /** Adds to a flaw the line and column of the nearest thing that its path names. */
  locate(flaw: Flaw): Flaw;
}

// Composing goes down as deep as the document nests, and so far down the stack.
const DEEPEST = 32;

/**
 * Reads one YAML 1.2 document as a JSON value. Duplicate keys, anchors and aliases (whose expansion can exhaust
 * memory), tags, YAML 1.1, deep nesting, several documents in one file and bytes that are no UTF-8 are flaws, with
 * line and column. The time it takes grows with the length and no faster.
 */
export function readYaml(bytes: Uint8Array): Parsed<YamlDocument> {
  const text = decode(bytes);
  if (text === undefined) return flawed(atStart('The file is not UTF-8', 'Save it as UTF-8'));
  const lines = new LineCounter();
  const tokens = tokensOf(text, lines);
  if (!tokens.ok) return tokens;
  // Duplicate keys are looked for by us: the library compares each key with all others.
  const options = { prettyErrors: false, stringKeys: true, uniqueKeys: false, merge: false, version: '1.2' };
  const composer = new Composer(options as ConstructorParameters<typeof Composer>[0]);
  const documents = composer.compose(tokens.value, true, text.length);
  const document = documents.next().value;
  if (!document) return flawed(empty());
  const flaws = yamlFlaws(document, documents.next().value || undefined, lines);
  if (flaws.length > 0) return flawed(...flaws);
  const value: unknown = document.toJS();
  if (value === null) return flawed(empty());
  return parsed({ value, locate: (flaw) => ({ ...flaw, ...placeOf(document, flaw.path, lines) }) });
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function tokensOf(text: string, lines: LineCounter): Parsed<CST.Token[]> {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > DEEPEST) {
      const place = lineAndColumn(lines, parser.offset);
      return flawed({
        path: '',
        message: 'Nested too deeply',
        remedy: 'Write it with less nesting',
        ...place,
      });
    }
  }
  return parsed([...tokens, ...parser.end()]);
}

function empty(): Flaw {
  return atStart('The document is empty', 'Write the document');
}

function atStart(message: string, remedy: string): Flaw {
  return { path: '', message, remedy, line: 1, column: 1 };
}

function placeOf(document: Document.Parsed, path: string, lines: LineCounter): Pick<Flaw, 'line' | 'column'> {
  const steps = parsePath(path);
  // A missing key has no place of its own: its nearest parent's is told.
  for (; steps.length > 0; steps.pop()) {
    const offset = offsetOf(document, steps, lines);
    if (offset !== undefined) return lineAndColumn(lines, offset);
  }
  return lineAndColumn(lines, document.contents?.range[0] ?? 0);
}

function offsetOf(document: Document, steps: readonly PathStep[], lines: LineCounter): number | undefined {
  const parent = steps.length === 1 ? document.contents : document.getIn(steps.slice(0, -1), true);
  const last = steps.at(-1);
  if (isSeq(parent) && typeof last === 'number') return startOf(parent.items[last]);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
  const [key, value] = [startOf(pair?.key), startOf(pair?.value)];
  // A value that begins below its key is looked for at the key.
  if (key === undefined || value === undefined) return key;
  return lines.linePos(key).line === lines.linePos(value).line ? value : key;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
