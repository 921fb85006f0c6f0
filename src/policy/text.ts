import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { EXTENSION_NAME, type Extension } from './extension.ts';
import { type MxPattern, parseMxValue } from './mx-pattern.ts';
import { isMaxAge, isMode, MAX_MAX_AGE, MAX_POLICY_TEXT, type Policy } from './policy.ts';
import { trimEndWsp, trimStartWsp } from './wsp.ts';

interface Field extends Extension {
  readonly path: string;
}

const RFC = 'RFC 8461 section 3.2';
/** Flaws told of one text, since its host may be hostile. */
const MAX_FLAWS = 100;

/**
 * The policy text as we serve it: version, mode, mx, max_age, then extensions, CRLF after each. It is ASCII
 * unless an extension read from elsewhere is not. Narrower than the RFC, since real senders are.
 */
export function formatPolicyText(policy: Policy): string {
  const lines = [
    'version: STSv1',
    `mode: ${policy.mode}`,
    ...policy.mx.map((pattern) => `mx: ${pattern}`),
    `max_age: ${policy.max_age}`,
    ...policy.extensions.map(({ name, value }) => `${name}: ${value}`),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/**
 * Reads a policy text as RFC 8461 section 3.2 obliges a sender to: LF or CRLF (erratum 6253), any order of
 * fields, unknown fields kept, of a repeated field the first. Letter case in mx and a repeated mx are lost.
 */
export function parsePolicyText(text: string | Uint8Array): Parsed<Policy> {
  const decoded = decode(text);
  if (!decoded.ok) return decoded;
  const { fields, flaws } = readFields(decoded.value);
  const firsts = new Map<string, Field>();
  for (const field of fields) if (!firsts.has(field.name)) firsts.set(field.name, field);
  const version = readFirst(firsts.get('version'), 'version', readVersion);
  const mode = readFirst(firsts.get('mode'), 'mode', readMode);
  const maxAge = readFirst(firsts.get('max_age'), 'max_age', readMaxAge);
  const mx = readMx(fields, mode.ok && mode.value === 'none');
  if (!version.ok || !mode.ok || !maxAge.ok || !mx.ok || flaws.length > 0) {
    const all = [...flaws, ...[version, mode, maxAge, mx].flatMap((part) => (part.ok ? [] : part.flaws))];
    return flawed(...all.slice(0, MAX_FLAWS));
  }
  const extensions = [...firsts.values()].filter(isExtension).map(({ name, value }) => ({ name, value }));
  return parsed({ mode: mode.value, max_age: maxAge.value, mx: mx.value, extensions });
}

function decode(text: string | Uint8Array): Parsed<string> {
  const octets = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  if (octets.length > MAX_POLICY_TEXT) {
    const message = `the policy text has more than ${MAX_POLICY_TEXT} octets`;
    return flawed({
      path: '',
      message,
      remedy: 'use wildcards, or fewer fields',
      rfc: 'RFC 8461 section 3.3',
    });
  }
  try {
    if (typeof text === 'string' && !text.isWellFormed()) return flawed(notUtf8());
    return parsed(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets));
  } catch {
    return flawed(notUtf8());
  }
}

function readFields(text: string): { readonly fields: readonly Field[]; readonly flaws: readonly Flaw[] } {
  const fields: Field[] = [];
  const flaws: Flaw[] = [];
  for (const [index, line] of splitLines(text).entries()) {
    const path = `line ${index + 1}`;
    const trimmed = trimEndWsp(line);
    const field = splitField(trimmed, path);
    const why = whyNoField(field, trimmed);
    if (why === undefined) fields.push(field);
    else flaws.push({ path, rfc: RFC, ...why });
  }
  return { fields, flaws };
}

/** By `sts-policy-term`. It separates fields and may end the text once; a CR elsewhere stays in its line. */
function splitLines(text: string): string[] {
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const ended = lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  return last === '' && ended.length > 0 ? ended : [...ended, last];
}

function splitField(line: string, path: string): Field {
  const colon = line.indexOf(':');
  if (colon < 0) return { name: line, value: '', path };
  return { name: line.slice(0, colon), value: trimStartWsp(line.slice(colon + 1)), path };
}

function whyNoField({ name, value }: Field, line: string): Pick<Flaw, 'message' | 'remedy'> | undefined {
  if (line === '') return { message: 'the line is empty', remedy: 'delete it' };
  if (line.startsWith('\ufeff'))
    return { message: 'the text begins with a byte order mark', remedy: 'delete it' };
  if (/[^ -~\u0080-\u{10ffff}]/u.test(value)) {
    return {
      message: 'the line has a control character',
      remedy: 'end lines with CRLF, and write no tab within one',
    };
  }
  if (name !== name.trim() && EXTENSION_NAME.test(name.trim())) {
    return { message: 'there is a space before the name or the colon', remedy: 'delete it' };
  }
  if (EXTENSION_NAME.test(name) && value !== '') return undefined;
  return { message: 'the line is no field of the form name: value', remedy: 'correct it, or delete it' };
}

function readFirst<T>(field: Field | undefined, name: string, read: (value: string) => Parsed<T>): Parsed<T> {
  if (field !== undefined) return at(field.path, read(field.value));
  return flawed(flaw(`the field ${name} is missing`, `add a line that begins with ${name}:`));
}

function readVersion(value: string): Parsed<string> {
  return value === 'STSv1' ? parsed(value) : flawed(flaw('the version is not STSv1', 'write version: STSv1'));
}

function readMode(value: string): Parsed<Policy['mode']> {
  if (isMode(value)) return parsed(value);
  return flawed(flaw('the mode is not one of testing, enforce and none', 'write one of them, in lower case'));
}

/** Up to ten digits, though eight are enough for the greatest value (erratum 7282). */
function readMaxAge(value: string): Parsed<number> {
  if (/^\d{1,10}$/.test(value) && isMaxAge(Number(value))) return parsed(Number(value));
  return flawed(
    flaw(`max_age is no whole number from 0 to ${MAX_MAX_AGE}`, 'write a number of seconds, such as 604800'),
  );
}

function readMx(fields: readonly Field[], mayBeEmpty: boolean): Parsed<readonly MxPattern[]> {
  const patterns = fields
    .filter(({ name }) => name === 'mx')
    .map(({ path, value }) => at(path, parseMxValue(value)));
  const flaws = patterns.flatMap((pattern) => (pattern.ok ? [] : pattern.flaws));
  if (flaws.length > 0) return flawed(...flaws);
  if (patterns.length === 0 && !mayBeEmpty) {
    return flawed(flaw('the policy has no mx', 'add an mx line for each MX host, or use the mode none'));
  }
  return parsed([...new Set(patterns.flatMap((pattern) => (pattern.ok ? [pattern.value] : [])))]);
}

function isExtension({ name }: Field): boolean {
  return !['version', 'mode', 'max_age', 'mx'].includes(name);
}

function at<T>(path: string, result: Parsed<T>): Parsed<T> {
  return result.ok ? result : flawed(...result.flaws.map((found) => ({ ...found, path })));
}

function notUtf8(): Flaw {
  return flaw('the policy text is not UTF-8', 'write it in ASCII');
}

function flaw(message: string, remedy: string): Flaw {
  return { path: '', message, remedy, rfc: RFC };
}
