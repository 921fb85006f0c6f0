import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';

/** A field that RFC 8461 does not define: in a policy text (section 3.2) or a TXT record (section 3.1). */
export interface Extension {
  readonly name: string;
  readonly value: string;
}

/** `sts-ext-name` and `sts-policy-ext-name`: 1 to 32 characters. */
export const EXTENSION_NAME = /^[A-Za-z\d][A-Za-z\d_.-]{0,31}$/;

/** The fields of a policy text that section 3.2 defines itself. */
const DEFINED: readonly string[] = ['version', 'mode', 'max_age', 'mx'];

/** `sts-policy-ext-value` within ASCII, since a sender may decode a policy text as ASCII. */
const ASCII_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Reads the list of `{ name, value }` that an operator wrote; paths such as `extensions[0].name`. */
export function checkExtensions(value: unknown): Parsed<readonly Extension[]> {
  const list = value ?? [];
  if (!Array.isArray(list))
    return flawed(flaw('extensions', 'extensions is not a list', 'write a list of name and value'));
  const extensions: Extension[] = [];
  const flaws: Flaw[] = [];
  for (const [index, entry] of list.entries()) {
    const extension = checkExtension(entry, `extensions[${index}]`);
    if (!extension.ok) flaws.push(...extension.flaws);
    else if (extensions.some(({ name }) => name === extension.value.name)) flaws.push(repeated(index));
    else extensions.push(extension.value);
  }
  return flaws.length === 0 ? parsed(extensions) : flawed(...flaws);
}

function checkExtension(entry: unknown, path: string): Parsed<Extension> {
  const { name, value } = fieldsOf(entry);
  const flaws: Flaw[] = [];
  if (typeof name !== 'string' || !EXTENSION_NAME.test(name)) {
    const remedy = 'use 1 to 32 letters, digits, _, - or ., the first a letter or digit';
    flaws.push(flaw(`${path}.name`, 'the name is missing or malformed', remedy));
  } else if (DEFINED.includes(name)) {
    flaws.push(flaw(`${path}.name`, `${name} is no extension`, 'set the field of the policy itself'));
  }
  if (typeof value !== 'string' || !ASCII_VALUE.test(value)) {
    const remedy = 'write a text in printable ASCII without spaces at its ends';
    flaws.push(flaw(`${path}.value`, 'the value is missing or malformed', remedy));
  }
  return flaws.length > 0 ? flawed(...flaws) : parsed({ name: String(name), value: String(value) });
}

function fieldsOf(entry: unknown): { readonly name?: unknown; readonly value?: unknown } {
  return typeof entry === 'object' && entry !== null ? entry : {};
}

/** Senders read the first only, so the second would be a lie. */
function repeated(index: number): Flaw {
  return flaw(`extensions[${index}].name`, 'the name occurs before', 'delete one of the two');
}

function flaw(path: string, message: string, remedy: string): Flaw {
  return { path, message, remedy, rfc: 'RFC 8461 section 3.2' };
}
