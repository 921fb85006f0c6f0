import { dirname, join } from 'node:path/posix';
import ts from 'typescript';

/** What a source file's syntax tells of its place in the whole. */
export interface Source {
  /** Relative to `src/`. */
  readonly file: string;
  /** Other files that it imports, statically, for their types only, or dynamically. */
  readonly imports: readonly string[];
  /** What it uses of the world outside: I/O, clock, randomness, environment. */
  readonly effects: readonly string[];
  readonly readsEnvironment: boolean;
}

const PURE_MODULES = new Set([
  ...['node:buffer', 'node:events', 'node:path', 'node:stream', 'node:url', 'node:util'],
  ...[
    '@peculiar/x509',
    'lru-cache',
    'reflect-metadata',
    'tldts',
    'typebox',
    'typebox/schema',
    'typebox/system',
    'yaml',
  ],
]);
/** Of these modules all but this is pure. */
const IMPURE_PARTS = new Map<string, RegExp>([
  ['node:crypto', /^(random|generate|webcrypto|getRandomValues|subtle|argon2|scrypt|\*)/],
  ['node:net', /^(?!isIP)/],
  ['node:path', /^(resolve|relative|\*)$/],
]);
const IMPURE_GLOBALS = new Set([
  ...[
    'process',
    'performance',
    'crypto',
    'console',
    'globalThis',
    'fetch',
    'WebSocket',
    'EventSource',
    'navigator',
  ],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
]);

/** Reads a source file. Throws where an import is computed, since nothing could be said of it then. */
export function readSource(file: string, text: string): Source {
  const imports: string[] = [];
  const effects = new Set<string>();
  let readsEnvironment = false;
  const visit = (node: ts.Node): void => {
    for (const { module, names } of modulesOf(node)) {
      if (module.startsWith('.')) imports.push(join(dirname(file), module));
      else for (const effect of moduleEffects(module, names)) effects.add(effect);
      readsEnvironment ||= module === 'node:process';
    }
    const effect = effectOf(node);
    if (effect !== undefined) effects.add(effect);
    readsEnvironment ||= isEnvironment(node);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return { file, imports: [...new Set(imports)], effects: [...effects].sort(), readsEnvironment };
}

interface Import {
  readonly module: string;
  /** Names imported as values: `*` for the whole, none where types alone are. */
  readonly names: readonly string[];
}

function modulesOf(node: ts.Node): Import[] {
  if (ts.isImportDeclaration(node))
    return [{ module: textOf(node.moduleSpecifier), names: importedNames(node.importClause) }];
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    return [{ module: textOf(node.moduleSpecifier), names: node.isTypeOnly ? [] : ['*'] }];
  }
  if (ts.isCallExpression(node) && isLoading(node.expression)) {
    return [{ module: textOf(node.arguments[0]), names: ['*'] }];
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return [{ module: textOf(node.argument.literal), names: [] }];
  }
  return [];
}

function isLoading(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require')
  );
}

function importedNames(clause: ts.ImportClause | undefined): string[] {
  if (clause === undefined) return ['*'];
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
  const { name, namedBindings } = clause;
  const whole = name !== undefined || (namedBindings && ts.isNamespaceImport(namedBindings)) ? ['*'] : [];
  if (namedBindings === undefined || !ts.isNamedImports(namedBindings)) return whole;
  const named = namedBindings.elements.filter(({ isTypeOnly }) => !isTypeOnly);
  return [...whole, ...named.map((element) => (element.propertyName ?? element.name).text)];
}

function textOf(specifier: ts.Node | undefined): string {
  if (specifier !== undefined && ts.isStringLiteralLike(specifier)) return specifier.text;
  throw new Error(`A computed import: ${specifier?.getText()}`);
}

function moduleEffects(module: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const parts = IMPURE_PARTS.get(module);
  if (parts !== undefined) return names.filter((name) => parts.test(name)).map((name) => `${module} ${name}`);
  return PURE_MODULES.has(module) ? [] : [module];
}

function effectOf(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) && IMPURE_GLOBALS.has(node.text) && isValue(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) {
    const text = `${node.expression.getText()}.${node.name.text}`;
    if (text === 'Date.now' || text === 'Math.random') return text;
  }
  if (ts.isNewExpression(node) && isDate(node.expression) && (node.arguments?.length ?? 0) === 0)
    return 'new Date()';
  if (ts.isCallExpression(node) && isDate(node.expression)) return 'Date()';
  return undefined;
}

function isDate(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === 'Date';
}

/** Whether a name stands for a value of the surrounding scope, and not for a member or a type. */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isVariableDeclaration(parent)) return parent.initializer === node;
  if (ts.isParameter(parent)) return parent.initializer === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isImportSpecifier(parent) || ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent))
    return false;
  return !(ts.isClassElement(parent) || ts.isTypeElement(parent) || ts.isImportClause(parent));
}

function isEnvironment(node: ts.Node): boolean {
  if (!ts.isIdentifier(node) || node.text !== 'process' || !isValue(node)) return false;
  const { parent } = node;
  // The whole object given away is the environment given away.
  return !(ts.isPropertyAccessExpression(parent) && parent.expression === node && parent.name.text !== 'env');
}
