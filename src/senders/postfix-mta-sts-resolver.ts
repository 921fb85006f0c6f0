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
 * postfix-mta-sts-resolver, in Python. Read in 1.1.2 (Debian 12) and 1.5.0, which read alike.
 *
 * Stricter than RFC 8461: a content type other than `text/plain` is refused; without a charset the text has
 * to be ASCII; a max_age above 31557600 is refused; every record that begins with `v=STSv1`, be it
 * `v=STSv10`, counts when it looks for the only one.
 *
 * Laxer: blank and malformed lines pass; a line ends where Python ends one, also at a bare CR, a form feed
 * or U+2028; of a repeated field the *last* counts; the id may be any text, even an empty one; mx is not
 * looked at. Neither are the names of fields trimmed, so `mode :` is no mode.
 *
 * The id matters: while it is the one last seen, the policy is not fetched again. To Postfix a wildcard
 * goes as `match=.example.com`, which matches several labels.
 */
export const postfixMtaStsResolver: Sender = { name: 'postfix-mta-sts-resolver', read };

// From text, since the linter takes control characters in a pattern for slips.
const LINE_BREAK = '[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]';
const LINE_END = new RegExp(`\\r\\n|${LINE_BREAK}`);
const SPACE = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const LEADING_SPACE = new RegExp(`^${SPACE}+`);
const TRAILING_SPACE = new RegExp(`(?<!${SPACE})${SPACE}+$`);
/** Python's int() takes a sign and single underscores; digits of other scripts, which it takes too, are left out. */
const INTEGER = /^[+-]?\d+(?:_\d+)*$/;

function read({ contentType, body, txt }: Served): Reading {
  const id = readId(txt.map((strings) => strings.join('')));
  if (typeof id !== 'string') return id;
  if (!/^\s*text\/plain\s*(?:;|$)/i.test(contentType)) return refused('its content type is not text/plain');
  if (body.length > MAX_BODY) return refused(`it has more than ${MAX_BODY} octets`);
  const text = decode(body, charsetOf(contentType));
  return typeof text === 'string' ? readPolicy(id, text) : text;
}

function readId(txts: readonly string[]): string | Refusal {
  const records = txts.filter((text) => isAscii(text) && text.startsWith('v=STSv1'));
  const [record] = records;
  if (record === undefined) return refused('no TXT record begins with v=STSv1');
  if (records.length > 1) return refused('more than one TXT record begins with v=STSv1');
  const parts = record.split(';').map((part) => trimStart(trimEnd(part)));
  const fields = new Map(parts.filter((part) => part !== '').map((part) => cut(part, '=')));
  if (fields.get('v') !== 'STSv1') return refused('the TXT record is not of version STSv1');
  return fields.get('id') ?? refused('the TXT record has no id');
}

function readPolicy(id: string, text: string): Reading {
  const lines = text.split(LINE_END).map((line) => cut(trimEnd(line), ':'));
  const fields = new Map(lines.map(([name, value]) => [name, trimStart(value)]));
  const mx = lines.filter(([name]) => name === 'mx').map(([, value]) => trimStart(value));
  if (fields.get('version') !== 'STSv1') return refused('its version is not STSv1');
  const maxAge = fields.get('max_age') ?? '';
  const max_age = INTEGER.test(maxAge) ? Number(maxAge.replaceAll('_', '')) + 0 : Number.NaN;
  if (!(max_age >= 0 && max_age <= 31557600)) return refused('its max_age is no number from 0 to 31557600');
  const mode = fields.get('mode') ?? '';
  if (!['none', 'testing', 'enforce'].includes(mode)) return refused('its mode is none that is known');
  if (mode !== 'none' && mx.length === 0) return refused('it has no mx');
  return { read: 'policy', id, mode, max_age, mx };
}

/** The last one of the header's parameters with that name, unquoted. */
function charsetOf(contentType: string): string {
  const [, ...parameters] = contentType.split(';').map((part) => cut(part, '='));
  const [, charset = 'ascii'] =
    parameters.findLast(([name]) => name.trim().toLowerCase() === 'charset') ?? [];
  return charset.trim().replace(/^"(.*)"$/, '$1');
}

/** Python knows many more charsets; a policy in one of those is told as refused. */
function decode(body: Uint8Array, charset: string): string | Refusal {
  const codec = charset
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter(Boolean)
    .join('_');
  const octets = octetsOf(body);
  if (['ascii', 'us_ascii'].includes(codec)) {
    return isAscii(octets) ? octets : refused('it is not ASCII, though no charset says otherwise');
  }
  if (['latin1', 'latin_1', 'iso8859_1', 'iso_8859_1'].includes(codec)) return octets;
  if (!['utf', 'utf8', 'utf_8'].includes(codec))
    return refused(`its charset ${JSON.stringify(charset)} is not UTF-8 or ASCII`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return refused('it is not UTF-8, as its content type says');
  }
}

function cut(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function trimStart(text: string): string {
  return text.replace(LEADING_SPACE, '');
}

function trimEnd(text: string): string {
  return text.replace(TRAILING_SPACE, '');
}
