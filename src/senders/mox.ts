import { domainToASCII, domainToUnicode } from 'node:url';
import { trimEndWsp, trimStartWsp } from '../policy/wsp.ts';
import { isIpv4 } from './ipv4.ts';
import {
  MAX_BODY,
  octetsOf,
  type Reading,
  type Refusal,
  refused,
  type Sender,
  type Served,
} from './sender.ts';

/**
 * mox, in Go, its packages mtasts and mtastsdb. Read and run in 0.0.17.
 *
 * It follows the grammar of RFC 8461 closely: LF or CRLF, the last one optional; no blank line; no space
 * before the colon; the content type and charset are ignored. Its own ways: of a repeated field the first
 * counts but all must be lawful, and a repeated id in the record is refused unless empty; a mx must be a name that IDNA
 * look-ups take, so hyphens as a label's third and fourth characters are refused, and so is a label that
 * begins with a digit beside a right-to-left one; max_age may go up to 2147483647; an extension's name may
 * begin with a hyphen or a dot.
 *
 * It fetches again when the id changes. Its wildcard matches exactly one label.
 */
export const mox: Sender = { name: 'mox', read };

const RECORD_PREFIX = /^v=STSv1[ \t]*;[ \t]*/;
const NAME = /^[A-Za-z\d.-][\w.-]{0,31}$/;
const RECORD_VALUE = /^[\x21-\x3a\x3c\x3e-\x7e]+$/;
const EXTENSION_VALUE = /^[\x20-\x7e\x80-\xff]+$/;
const MX = /^(?:\*\.)?([a-z\d][a-z\d-]*(?:\.[a-z\d][a-z\d-]*)*)$/i;
const MAX_INT32 = 2147483647;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

type Field = readonly [name: string, value: string];

function read({ body, txt }: Served): Reading {
  const id = readId(txt.map((strings) => strings.join('')));
  if (typeof id !== 'string') return id;
  if (body.length > MAX_BODY) return refused(`it has more than ${MAX_BODY} octets`);
  return readPolicy(id, octetsOf(body));
}

function readId(txts: readonly string[]): string | Refusal {
  const ids = txts.filter((text) => RECORD_PREFIX.test(text)).map(readRecord);
  const bad = ids.find((id) => typeof id !== 'string');
  if (bad !== undefined) return bad;
  const [id] = ids;
  if (id === undefined) return refused('no TXT record begins with v=STSv1;');
  return ids.length === 1 ? id : refused('more than one TXT record begins with v=STSv1;');
}

function readRecord(text: string): string | Refusal {
  const parts = text.replace(RECORD_PREFIX, '').split(';').map(trimStartWsp);
  const isClosed = parts.length > 1 && parts.at(-1) === '';
  if (isClosed) parts.pop();
  // Space is lawful around a semicolon only, so not at the end of a record that is not closed by one.
  const before = isClosed ? parts.length : parts.length - 1;
  const fields = parts.map((part, index) => cut(index < before ? trimEndWsp(part) : part, '='));
  const first = fields.findIndex(([name]) => name === 'id');
  const id = fields[first]?.[1] ?? '';
  if (!/^[A-Za-z\d]{1,32}$/.test(id)) return refused('the id is not 1 to 32 letters or digits');
  const areLawful = fields.every(([name, value], index) => {
    return name === 'id' && index > first ? value === '' : NAME.test(name) && RECORD_VALUE.test(value);
  });
  return areLawful ? id : refused('the TXT record has a malformed or repeated field');
}

function readPolicy(id: string, text: string): Reading {
  const lines = text.split(/\r?\n/);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  const fields = lines.map((line): Field => {
    const [name, value] = cut(trimEndWsp(line), ':');
    return [name, trimStartWsp(value)];
  });
  for (const [name, value] of fields) {
    const why = whyMalformed(name, value);
    if (why !== undefined) return refused(why);
  }
  const values = (wanted: string) => fields.flatMap(([name, value]) => (name === wanted ? [value] : []));
  const mx = values('mx').map((value) => value.toLowerCase());
  const [version] = values('version');
  const [mode] = values('mode');
  const [maxAge] = values('max_age');
  if (version === undefined || mode === undefined || maxAge === undefined) {
    return refused('it lacks version, mode or max_age');
  }
  if (mode !== 'none' && mx.length === 0) return refused('it has no mx');
  return { read: 'policy', id, mode, max_age: Number(maxAge), mx };
}

function whyMalformed(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return 'it has a line that is no field, such as a blank one';
  switch (name) {
    case 'version':
      return value === 'STSv1' ? undefined : 'its version is not STSv1';
    case 'mode':
      return ['testing', 'enforce', 'none'].includes(value) ? undefined : 'its mode is none that is known';
    case 'max_age':
      return /^\d{1,10}$/.test(value) && Number(value) <= MAX_INT32
        ? undefined
        : 'its max_age is no lawful number';
    case 'mx':
      return isMx(value) ? undefined : `the mx ${JSON.stringify(value.slice(0, 80))} is no name to it`;
    default:
      return EXTENSION_VALUE.test(value)
        ? undefined
        : `the field ${name} is empty or has a control character`;
  }
}

function isMx(value: string): boolean {
  const name = MX.exec(value)?.[1]?.toLowerCase();
  if (name === undefined || isIpv4(name)) return false;
  const labels = name.split('.').map((label) => (label.startsWith('xn--') ? fromALabel(label) : label));
  return labels.every(isLabel) && keepsBidiRule(labels);
}

/** The label in Unicode, or an unlawful one where it does not stand for any. */
function fromALabel(label: string): string {
  const unicode = domainToUnicode(label);
  // U+2260 and its kin contain `=`, `<` and `>`, which no host name has.
  const isLawful = unicode !== label && domainToASCII(unicode) === label && !/[≠≮≯]/.test(unicode);
  return isLawful ? unicode : '-';
}

/** It counts octets, so that in a Cyrillic label hyphens are refused as the second and third characters. */
function isLabel(label: string): boolean {
  const isPrefixed = Buffer.from(label).toString('latin1').slice(2, 4) === '--';
  return !isPrefixed && !label.startsWith('-') && !label.endsWith('-');
}

/**
 * The rule of RFC 5893 as far as it spans labels: beside a right-to-left one, the others begin with a letter
 * and end with a letter or digit.
 */
function keepsBidiRule(labels: readonly string[]): boolean {
  if (!labels.some((label) => RIGHT_TO_LEFT.test(label))) return true;
  return labels.every((label) => /^\p{L}/u.test(label) && /[\p{L}\p{Nd}]\p{M}*$/u.test(label));
}

function cut(text: string, separator: string): Field {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
