import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { quote } from '../flaws/quote.ts';
import { EXTENSION_NAME, type Extension } from './extension.ts';
import { type PolicyId, parsePolicyId } from './policy-id.ts';
import { trimEndWsp, trimStartWsp } from './wsp.ts';

/** The TXT record at `_mta-sts.<domain>` (RFC 8461 section 3.1). */
export interface PolicyRecord {
  readonly id: PolicyId;
  /** In the order they were read, each name once. */
  readonly extensions: readonly Extension[];
}

/** What a sender finds among a name's TXT records: the one STSv1 record, or the reason why there is none. */
export type RecordSelection =
  | { readonly found: 'record'; readonly record: PolicyRecord }
  | { readonly found: 'none'; readonly why: Flaw };

const RFC = 'RFC 8461 section 3.1';
const VERSION = 'v=STSv1';
const PREFIX = `${VERSION};`;
/** `sts-ext-value`: printable but for the space, `;` and `=`. */
const EXTENSION_VALUE = /^[\x21-\x3a\x3c\x3e-\x7e]+$/;

/** The record as we announce it. */
export function formatRecord(id: PolicyId): string {
  return `${PREFIX} id=${id};`;
}

/** Reads a record by the grammar of section 3.1; of a repeated field the first counts. */
export function parseRecord(text: string): Parsed<PolicyRecord> {
  const [version, ...rest] = splitFields(text);
  if (version !== VERSION) {
    return flawed(flaw('the record does not begin with v=STSv1;', `begin it with ${PREFIX}`));
  }
  const fields = new Map([['v', 'STSv1']]);
  const flaws: Flaw[] = [];
  for (const field of new Set(rest)) {
    const { name, value } = splitField(field);
    if (!EXTENSION_NAME.test(name) || !EXTENSION_VALUE.test(value)) flaws.push(badField(field));
    else if (!fields.has(name)) fields.set(name, value);
  }
  const id = readId(fields.get('id'));
  if (!id.ok) flaws.push(...id.flaws);
  if (!id.ok || flaws.length > 0) return flawed(...flaws);
  const extensions = [...fields].filter(([name]) => name !== 'v' && name !== 'id');
  return parsed({ id: id.value, extensions: extensions.map(([name, value]) => ({ name, value })) });
}

/**
 * Picks the record as a sender does. Each TXT record is a list of strings, joined with nothing in between.
 *
 * What does not begin with the literal `v=STSv1;` is discarded. Section 3.1 says so for several records
 * while its grammar allows a space before the semicolon (erratum 6285); senders differ, so we take the
 * narrower reading.
 */
export function selectRecord(txts: readonly (readonly string[])[]): RecordSelection {
  const records = txts.map((strings) => strings.join('')).filter((text) => text.startsWith(PREFIX));
  const [text] = records;
  if (text === undefined) {
    const message =
      txts.length === 0
        ? 'there is no TXT record'
        : `none of the ${txts.length} TXT records begins with ${PREFIX}`;
    return { found: 'none', why: flaw(message, `publish one that begins with ${PREFIX}`) };
  }
  if (records.length > 1) {
    const message = `${records.length} TXT records begin with ${PREFIX}, so senders use none`;
    return { found: 'none', why: flaw(message, 'delete all but one') };
  }
  const record = parseRecord(text);
  if (record.ok) return { found: 'record', record: record.value };
  const [why = flaw('the record is malformed', 'correct it')] = record.flaws;
  return { found: 'none', why };
}

/** By `sts-field-delim`, `*WSP ";" *WSP`, which may stand at the end too; no other WSP is lawful. */
function splitFields(text: string): string[] {
  const parts = text.split(';');
  const endsInDelimiter = parts.length > 1 && trimEndWsp(parts.at(-1) ?? '') === '';
  const fields = endsInDelimiter ? parts.slice(0, -1) : parts;
  return fields.map((part, index) => {
    const start = index === 0 ? part : trimStartWsp(part);
    return index < parts.length - 1 ? trimEndWsp(start) : start;
  });
}

function splitField(field: string): Extension {
  const equals = field.indexOf('=');
  return equals < 0
    ? { name: field, value: '' }
    : { name: field.slice(0, equals), value: field.slice(equals + 1) };
}

function readId(value: string | undefined): Parsed<PolicyId> {
  if (value !== undefined) return parsePolicyId(value);
  return flawed(flaw('the record has no id', 'add id= with 1 to 32 letters or digits'));
}

function badField(field: string): Flaw {
  const message = `${quote(field)} is no field of the form name=value`;
  return flaw(message, 'write printable ASCII without spaces, one semicolon between two fields');
}

function flaw(message: string, remedy: string): Flaw {
  return { path: '', message, remedy, rfc: RFC };
}
