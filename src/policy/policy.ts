import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { registrableDomain } from '../names/registrable-domain.ts';
import { isSpecialUse } from '../names/special-use.ts';
import { checkExtensions, type Extension } from './extension.ts';
import { type MxPattern, parseMxPattern, wildcardBase } from './mx-pattern.ts';

/** RFC 8461 section 5: `none` has no policy, `testing` only reports, `enforce` refuses. */
export const MODES = ['none', 'testing', 'enforce'] as const;
export type Mode = (typeof MODES)[number];

/** Seconds in a year of 365.25 days (RFC 8461 section 3.2). */
export const MAX_MAX_AGE = 31557600;

/** Octets that a sender reads of a policy text at least, as RFC 8461 section 3.3 suggests. */
export const MAX_POLICY_TEXT = 65536;

/** An MTA-STS policy (RFC 8461 section 3.2). Its version is always `STSv1`, so it is not a field. */
export interface Policy {
  readonly mode: Mode;
  /** Seconds, 0 to {@link MAX_MAX_AGE}. */
  readonly max_age: number;
  /** Each pattern once, at least one unless mode is `none`. */
  readonly mx: readonly MxPattern[];
  /** Extension fields in the order they were read, each name once. */
  readonly extensions: readonly Extension[];
}

const RFC = 'RFC 8461 section 3.2';
const WEAK = 'RFC 8461 section 10.4';
const DAY = 86400;
const FIELDS: readonly string[] = ['mode', 'max_age', 'mx', 'extensions'];

/**
 * Builds a policy from the plain fields that an operator wrote in YAML or JSON, or tells every flaw. Paths
 * are relative to the policy: `mode`, `mx[2]`.
 *
 * A repeated mx counts once. The list means a set, so refusing the document would protect nobody, while
 * serving the line twice would give a new text, and so a new id, for the same policy.
 */
export function checkPolicy(value: unknown): Parsed<Policy> {
  if (!isMapping(value)) {
    return flawed(flaw('', 'the policy is not a mapping of fields', 'write the fields mode, max_age and mx'));
  }
  const mode = checkMode(value.mode);
  const maxAge = checkMaxAge(value.max_age);
  const mx = checkMx(value.mx, value.mode === 'none');
  const extensions = checkExtensions(value.extensions);
  const unknown = unknownFields(value);
  if (!mode.ok || !maxAge.ok || !mx.ok || !extensions.ok || unknown.length > 0) {
    return flawed(
      ...unknown,
      ...[mode, maxAge, mx, extensions].flatMap((part) => (part.ok ? [] : part.flaws)),
    );
  }
  const policy = { mode: mode.value, max_age: maxAge.value, mx: mx.value, extensions: extensions.value };
  return withinSize(policy);
}

/** What is lawful in the policy yet weakens it or surprises, with the paths of {@link checkPolicy}. */
export function warnings(policy: Policy): readonly Flaw[] {
  return [
    ...maxAgeWarnings(policy),
    ...policy.mx.flatMap((pattern, index) => mxWarnings(pattern, `mx[${index}]`)),
  ];
}

function maxAgeWarnings({ mode, max_age }: Policy): Flaw[] {
  if (mode === 'none') {
    if (max_age <= DAY) return [];
    const message = 'senders keep the mode none for more than a day, which makes leaving take as long';
    return [warning('max_age', message, `use ${DAY} or less`, 'RFC 8461 section 8.3')];
  }
  if (max_age === 0) {
    const message = 'senders forget the policy at once, so it protects nothing';
    return [warning('max_age', message, 'use 604800 or more', RFC)];
  }
  if (mode !== 'enforce' || max_age >= DAY) return [];
  const message = 'senders keep the policy for less than a day, so an attacker need not block it for long';
  return [warning('max_age', message, 'use weeks, such as 1209600', RFC)];
}

function mxWarnings(pattern: MxPattern, path: string): Flaw[] {
  const base = wildcardBase(pattern);
  const found = base === undefined ? [] : wideWildcard(pattern, base, path);
  if (isSpecialUse(base === undefined ? pattern : `any.${base}`)) {
    const message = `${pattern} is no public name, so no sender will find a trusted certificate there`;
    found.push(warning(path, message, 'use a public name, unless this is a trial', 'RFC 8461 section 4.2'));
  }
  return found;
}

/** A wildcard should cover a name that holds nothing but MX hosts: who gets a host below it gets the mail. */
function wideWildcard(pattern: MxPattern, base: string, path: string): Flaw[] {
  const owner = registrableDomain(base);
  if (owner === undefined) {
    const message = `${pattern} allows hosts of strangers: anybody can register a name below ${base}`;
    return [warning(path, message, 'list the MX hosts one by one', WEAK)];
  }
  if (owner !== base) return [];
  const message = `${pattern} allows every host below ${base}, be it a web server or a customer's`;
  return [warning(path, message, `list the MX hosts, or use a narrower name such as *.mx.${base}`, WEAK)];
}

export function isMode(text: unknown): text is Mode {
  return MODES.some((mode) => mode === text);
}

export function isMaxAge(seconds: unknown): seconds is number {
  return Number.isInteger(seconds) && Number(seconds) >= 0 && Number(seconds) <= MAX_MAX_AGE;
}

function unknownFields(value: Readonly<Record<string, unknown>>): Flaw[] {
  const unknown = Object.keys(value).filter((name) => !FIELDS.includes(name));
  return unknown.map((name) =>
    flaw(name, 'a policy has no such field', `use ${FIELDS.join(', ')}; further fields go below extensions`),
  );
}

function checkMode(mode: unknown): Parsed<Mode> {
  if (isMode(mode)) return parsed(mode);
  const message =
    mode === undefined ? 'the mode is missing' : 'the mode is not one of testing, enforce and none';
  return flawed(flaw('mode', message, 'write one of them, in lower case'));
}

function checkMaxAge(maxAge: unknown): Parsed<number> {
  // Negative zero is YAML's `-0`, and no JSON.
  if (isMaxAge(maxAge)) return parsed(maxAge + 0);
  const message =
    maxAge === undefined ? 'max_age is missing' : `max_age is no whole number from 0 to ${MAX_MAX_AGE}`;
  return flawed(
    flaw('max_age', message, 'write a number of seconds without quotes, such as 604800 for a week'),
  );
}

function checkMx(mx: unknown, mayBeEmpty: boolean): Parsed<readonly MxPattern[]> {
  const list = mx ?? [];
  if (!Array.isArray(list)) {
    return flawed(flaw('mx', 'mx is not a list', 'write a list, such as [mail.example.com]'));
  }
  if (list.length === 0 && !mayBeEmpty) {
    return flawed(flaw('mx', 'there is no mx', 'list the MX hosts of the domain, or use the mode none'));
  }
  const patterns = list.map((entry: unknown) => checkMxEntry(entry));
  const flaws = patterns.flatMap((pattern, index) =>
    pattern.ok ? [] : pattern.flaws.map((found) => ({ ...found, path: `mx[${index}]` })),
  );
  if (flaws.length > 0) return flawed(...flaws);
  return parsed([...new Set(patterns.flatMap((pattern) => (pattern.ok ? [pattern.value] : [])))]);
}

function checkMxEntry(entry: unknown): Parsed<MxPattern> {
  if (typeof entry === 'string') return parseMxPattern(entry);
  return flawed(flaw('', 'the mx is not a text', 'write a host name; put one that begins with * in quotes'));
}

function withinSize(policy: Policy): Parsed<Policy> {
  const lines = [
    `version: STSv1 mode: ${policy.mode} max_age: ${policy.max_age}\r\n\r\n`,
    ...policy.mx.map((pattern) => `mx: ${pattern}\r\n`),
    ...policy.extensions.map(({ name, value }) => `${name}: ${value}\r\n`),
  ];
  if (lines.reduce((octets, line) => octets + line.length, 0) <= MAX_POLICY_TEXT) return parsed(policy);
  const message = `the policy text would have more than ${MAX_POLICY_TEXT} octets, and senders may refuse it`;
  return flawed({ path: '', message, remedy: 'use wildcards, or fewer fields', rfc: 'RFC 8461 section 3.3' });
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function warning(path: string, message: string, remedy: string, rfc: string): Flaw {
  return { path, message, remedy, rfc };
}

function flaw(path: string, message: string, remedy: string): Flaw {
  return { path, message, remedy, rfc: RFC };
}
