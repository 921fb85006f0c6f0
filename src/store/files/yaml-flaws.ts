import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  type LineCounter,
  type Node,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Flaw } from '../../flaws/flaw.ts';
import { quote } from '../../flaws/quote.ts';

// One slip can bring hundreds of errors behind it; the first ones lead to it.
const MOST_FLAWS = 20;

/** What is wrong with a document as YAML, and what of YAML goes beyond a JSON value. */
export function yamlFlaws(
  document: Document.Parsed,
  second: Document.Parsed | undefined,
  lines: LineCounter,
): Flaw[] {
  const flaws = [...syntaxFlaws(document, lines), ...nodeFlaws(document, lines)];
  if (document.directives?.yaml.version === '1.1') {
    const remedy = 'Remove the %YAML line: YAML 1.2 is read, in which only true and false are booleans';
    flaws.push({ path: '', message: 'YAML 1.1 is not read', remedy, line: 1, column: 1 });
  }
  if (second !== undefined) {
    const place = lineAndColumn(lines, second.range[0]);
    const remedy = 'Write one document per file';
    flaws.push({ path: '', message: 'A second document begins here', remedy, ...place });
  }
  return flaws.slice(0, MOST_FLAWS);
}

export function lineAndColumn(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

const REMEDIES: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'Indent with spaces',
  TAG_RESOLVE_FAILED: 'Remove the tag',
  BAD_ALIAS: 'Put a text that begins with * in quotes, such as "*.example.com"',
};

function syntaxFlaws({ errors, warnings }: Document.Parsed, lines: LineCounter): Flaw[] {
  return [...errors, ...warnings].slice(0, MOST_FLAWS).map(({ code, message, pos }) => ({
    path: '',
    message: message.trim(),
    remedy: REMEDIES[code] ?? 'Correct the YAML here',
    ...lineAndColumn(lines, pos[0]),
  }));
}

function nodeFlaws(document: Document.Parsed, lines: LineCounter): Flaw[] {
  const flaws: Flaw[] = [];
  const tell = (node: Node, message: string, remedy: string) => {
    flaws.push({ path: '', message, remedy, ...lineAndColumn(lines, node.range?.[0] ?? 0) });
  };
  visit(document, {
    Node: (_key, node) => {
      if (flaws.length >= MOST_FLAWS) return visit.BREAK;
      if (isAlias(node)) {
        const remedy = `Put it in quotes if it is a text ("*${node.source}"), else write the value out`;
        tell(node, 'Aliases are not allowed', remedy);
      } else if (node.anchor !== undefined) {
        tell(node, 'Anchors are not allowed', `Remove &${node.anchor}, or put the text in quotes`);
      }
      // What the library can't resolve is a syntax flaw already.
      else if (node.tag !== undefined && document.warnings.length === 0) {
        tell(node, 'Tags are not allowed', 'Remove the tag, or put the text in quotes');
      }
      if (isMap(node)) {
        for (const { key, name } of repeatedKeys(node)) {
          tell(key, `The key ${quote(name)} is there twice`, 'Keep one of the two');
        }
      }
      return undefined;
    },
  });
  return flaws;
}

function repeatedKeys(map: YAMLMap): { readonly key: Node; readonly name: string }[] {
  const seen = new Set<string>();
  return map.items.flatMap(({ key }) => {
    if (!isScalar(key)) return [];
    const name = String(key.value);
    const repeated = seen.has(name);
    seen.add(name);
    return repeated ? [{ key, name }] : [];
  });
}
