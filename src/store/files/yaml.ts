import { type Document, isAlias, isNode, LineCounter, parseAllDocuments, visit } from 'yaml';
import { type Flaw, flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { parsePath } from '../../flaws/path.ts';

/** A YAML document's value, and where each part of it stands. */
export interface YamlDocument {
  readonly value: unknown;
  /** Adds to a flaw the line and column of the nearest thing that its path names. */
  locate(flaw: Flaw): Flaw;
}

/**
 * Reads one YAML 1.2 document. Duplicate keys, anchors and aliases (whose expansion can exhaust memory), tags of
 * other types, several documents in one file and bytes that are no UTF-8 are flaws, with line and column.
 */
export function readYaml(bytes: Uint8Array): Parsed<YamlDocument> {
  const text = decode(bytes);
  if (text === undefined) {
    return flawed({
      path: '',
      message: 'The file is not UTF-8',
      remedy: 'Save it as UTF-8',
      line: 1,
      column: 1,
    });
  }
  const lines = new LineCounter();
  const options = { prettyErrors: false, stringKeys: true, merge: false, version: '1.2' } as const;
  const documents = parseAllDocuments(text, { ...options, lineCounter: lines });
  const [document] = documents;
  if (document === undefined || document.contents === null) {
    return flawed({
      path: '',
      message: 'The document is empty',
      remedy: 'Write the document',
      line: 1,
      column: 1,
    });
  }
  const flaws = [...syntaxFlaws(documents, lines), ...aliasFlaws(document, lines)];
  if (flaws.length > 0) return flawed(...flaws);
  return parsed({
    value: document.toJS(),
    locate: (flaw) => ({ ...flaw, ...placeOf(document, flaw.path, lines) }),
  });
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

// One slip can bring hundreds of errors behind it; the first few lead to it.
const MOST_ERRORS = 5;

function syntaxFlaws([document, second]: readonly Document.Parsed[], lines: LineCounter): Flaw[] {
  const problems = [...(document?.errors ?? []), ...(document?.warnings ?? [])];
  const flaws = problems.slice(0, MOST_ERRORS).map(({ code, message, pos }) => ({
    path: '',
    message: message.trim(),
    remedy: REMEDIES[code] ?? 'Correct the YAML here',
    ...lineAndColumn(lines, pos[0]),
  }));
  if (second !== undefined) {
    const at = lineAndColumn(lines, second.range[0]);
    flaws.push({
      path: '',
      message: 'A second document begins here',
      remedy: 'Write one document per file',
      ...at,
    });
  }
  return flaws;
}

const REMEDIES: Partial<Record<string, string>> = {
  DUPLICATE_KEY: 'Keep one of the two',
  TAB_AS_INDENT: 'Indent with spaces',
  TAG_RESOLVE_FAILED: 'Remove the tag',
  BAD_ALIAS: 'Put a text that begins with * in quotes, such as "*.example.com"',
};

function aliasFlaws(document: Document.Parsed, lines: LineCounter): Flaw[] {
  const flaws: Flaw[] = [];
  visit(document, {
    Node: (_key, node) => {
      const offset = node.range?.[0] ?? 0;
      if (isAlias(node)) {
        const remedy = `Put it in quotes if it is a text ("*${node.source}"), else write the value out`;
        flaws.push({ path: '', message: 'Aliases are not allowed', remedy, ...lineAndColumn(lines, offset) });
      } else if (node.anchor !== undefined) {
        const remedy = `Remove &${node.anchor}, or put the text in quotes`;
        flaws.push({ path: '', message: 'Anchors are not allowed', remedy, ...lineAndColumn(lines, offset) });
      }
    },
  });
  return flaws;
}

function placeOf(document: Document.Parsed, path: string, lines: LineCounter): Pick<Flaw, 'line' | 'column'> {
  const steps = parsePath(path);
  // A missing key has no place of its own: its nearest parent's is told.
  for (; steps.length > 0; steps.pop()) {
    const node = document.getIn(steps, true);
    if (isNode(node) && node.range) return lineAndColumn(lines, node.range[0]);
  }
  return lineAndColumn(lines, document.contents?.range[0] ?? 0);
}

function lineAndColumn(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
