import { MAX_BODY, type Reading, type Refusal, refused, type Sender, type Served } from './sender.ts';

/**
 * mailauth, in JavaScript, as a mail server in Node uses it. Read in 7.1.0, in its lax mode, the default.
 *
 * Laxer than RFC 8461: names of fields, and the values of mode and mx, in any letter case, with space
 * around them; lines without a colon pass; a byte order mark passes; max_age may be whatever JavaScript
 * takes for a number; mx is not looked at; an id may be any text but the empty one; the content type is
 * ignored. So an extension field must not be named like a field of the policy in another letter case: an
 * `MX: …` counts here as one more mx.
 *
 * As the RFC says: of a repeated field the first counts, more than one record means none, no more than
 * 65536 octets, max_age up to 31557600. A repeated mx counts once. Its wildcard matches one label; up to
 * 5.0.2 it matched several, and of a repeated field the last counted.
 */
export const mailauth: Sender = { name: 'mailauth', read };

const RECORD_PREFIX = /^v=STSv1[ \t]*;/i;

function read({ body, txt }: Served): Reading {
  const id = readId(txt.map((strings) => strings.join('').trim()));
  if (typeof id !== 'string') return id;
  if (body.length > MAX_BODY) return refused(`it has more than ${MAX_BODY} octets`);
  return readPolicy(id, Buffer.from(body).toString());
}

function readId(txts: readonly string[]): string | Refusal {
  const records = txts.filter((text) => RECORD_PREFIX.test(text));
  const [record] = records;
  if (record === undefined) return refused('no TXT record begins with v=STSv1;');
  if (records.length > 1) return refused('more than one TXT record begins with v=STSv1;');
  const fields = record.split(';').slice(1);
  const ids = fields.map((field) => cut(field, '=')).filter(([name, value]) => name === 'id' && value !== '');
  return ids[0]?.[1] ?? refused('the TXT record has no id');
}

function readPolicy(id: string, text: string): Reading {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'));
  const fields = lines.map((line) => cut(line, ':'));
  const first = (wanted: string) => fields.find(([name]) => name === wanted)?.[1];
  const mx = new Set(fields.flatMap(([name, value]) => (name === 'mx' ? [value.toLowerCase()] : [])));
  if (first('version') !== 'STSv1') return refused('its version is not STSv1');
  const mode = first('mode')?.toLowerCase() ?? '';
  if (!['testing', 'enforce', 'none'].includes(mode)) return refused('its mode is none that is known');
  const max_age = Number(first('max_age') ?? Number.NaN);
  if (!(max_age >= 0 && max_age <= 31557600)) return refused('its max_age is no number from 0 to 31557600');
  if (mode !== 'none' && mx.size === 0) return refused('it has no mx');
  return { read: 'policy', id, mode, max_age, mx: [...mx] };
}

/** The name in lower case and the value, both without the space around them. */
function cut(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  const [name, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  return [name.trim().toLowerCase(), value.trim()];
}
