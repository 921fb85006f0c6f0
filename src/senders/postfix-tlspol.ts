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
 * postfix-tlspol, in Go. Read and run in 1.13.0.
 *
 * Stricter than RFC 8461: a content type other than `text/plain`, or a malformed one, is refused. It refuses
 * the whole policy for one blank or malformed line, and the whole record for one malformed field.
 *
 * Its own ways: a max_age above 31557600 counts as that; a repeated field is not looked at but for mx; a
 * mx may end with a dot. It knows no id: it asks again when max_age is over, or after 30 days. To Postfix a
 * wildcard goes as `match=.example.com`, which matches several labels.
 *
 * With its TLSRPT setting, for Postfix 3.10, the answer to Postfix holds each mx three times and each field
 * once, and one of more than 100000 octets becomes a temporary error: all mail to the domain waits. That
 * setting is off by default; the model has it on, since nobody's mail should wait for a long policy.
 */
export const postfixTlspol: Sender = { name: 'postfix-tlspol', read };

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const PLAIN_TEXT = new RegExp(
  `^\\s*text/plain\\s*(?:;\\s*${TOKEN}\\s*=\\s*(?:${TOKEN}|"[^"\\\\]*")\\s*)*;?\\s*$`,
  'i',
);
const RECORD_PREFIX = /^v=STSv1[ \t]*;/;
const EXTENSION_NAME = /^[A-Za-z\d][\w.-]{0,31}$/;
const RECORD_VALUE = /^[\x21-\x3a\x3c\x3e-\x7e]+$/;
const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i;
const MAX_NAME = 253;
const MAX_MAX_AGE = 31557600;
const MAX_REPLY = 100000;

interface Field {
  readonly name: string;
  readonly value: string;
}

function read({ contentType, body, txt }: Served): Reading {
  const id = readId(txt.map((strings) => strings.join('')));
  if (typeof id !== 'string') return id;
  if (!PLAIN_TEXT.test(contentType)) return refused('its content type is not text/plain');
  if (body.length > MAX_BODY) return refused(`it has more than ${MAX_BODY} octets`);
  return readPolicy(id, octetsOf(body));
}

function readId(txts: readonly string[]): string | Refusal {
  const records = txts.filter((text) => RECORD_PREFIX.test(text));
  const [record] = records;
  if (record === undefined) return refused('no TXT record begins with v=STSv1;');
  if (records.length > 1) return refused('more than one TXT record begins with v=STSv1;');
  const parts = record.split(';').slice(1).map(trimStartWsp);
  const last = parts.length - 1;
  const fields = parts.map((part, index) => (index < last ? trimEndWsp(part) : part));
  if (fields[last] === '') fields.pop();
  const [id, ...others] = [...fields].sort(
    (a, b) => Number(b.startsWith('id=')) - Number(a.startsWith('id=')),
  );
  if (id === undefined || !/^id=[A-Za-z\d]{1,32}$/.test(id)) {
    return refused('the first id of the TXT record is not 1 to 32 letters or digits');
  }
  const areLawful = others.every((field) => field.startsWith('id=') || isRecordField(cut(field, '=')));
  return areLawful ? id.slice('id='.length) : refused('the TXT record has a malformed field');
}

function isRecordField({ name, value }: Field): boolean {
  return EXTENSION_NAME.test(name) && RECORD_VALUE.test(value);
}

function readPolicy(id: string, text: string): Reading {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const fields = new Map<string, string>();
  const mx: string[] = [];
  const counted: Field[] = [];
  for (const line of lines) {
    const { name, value } = cut(trimEndWsp(line.replace(/\r$/, '')), ':');
    const field = { name, value: trimStartWsp(value) };
    if (!EXTENSION_NAME.test(name) || !line.includes(':'))
      return refused('it has a line that is no field, such as a blank one');
    if (fields.has(name) && name !== 'mx') continue;
    const why = whyMalformed(field);
    if (why !== undefined) return refused(why);
    fields.set(name, field.value);
    counted.push(field);
    if (name === 'mx') mx.push(field.value.toLowerCase());
  }
  const mode = fields.get('mode');
  const maxAge = fields.get('max_age');
  if (!fields.has('version') || mode === undefined || maxAge === undefined) {
    return refused('it lacks version, mode or max_age');
  }
  if (mode !== 'none' && mx.length === 0) return refused('it has no mx');
  if (mode === 'enforce' && replySize(counted) > MAX_REPLY) {
    return refused(`its answer to Postfix has more than ${MAX_REPLY} octets, so mail has to wait`);
  }
  return { read: 'policy', id, mode, max_age: Math.min(Number(maxAge), MAX_MAX_AGE), mx };
}

function whyMalformed({ name, value }: Field): string | undefined {
  switch (name) {
    case 'version':
      return value === 'STSv1' ? undefined : 'its version is not STSv1';
    case 'mode':
      return ['testing', 'enforce', 'none'].includes(value) ? undefined : 'its mode is none that is known';
    case 'max_age':
      return /^\d{1,10}$/.test(value) ? undefined : 'its max_age is no number of up to ten digits';
    case 'mx':
      return isMx(value) ? undefined : `the mx ${JSON.stringify(value.slice(0, 80))} is no name to it`;
    default:
      return isText(value)
        ? undefined
        : `the field ${name} is empty, has a control character or is not UTF-8`;
  }
}

function isMx(value: string): boolean {
  const name = value.replace(/^\*\./, '').replace(/\.$/, '');
  return name.length <= MAX_NAME && !isIpv4(name) && name.split('.').every((label) => LABEL.test(label));
}

/** Takes the octets of a value. */
function isText(value: string): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(value, 'latin1'),
    );
    return text !== '' && !/[^ -~\xa0-\u{10ffff}]/u.test(text);
  } catch {
    return false;
  }
}

/** Octets of its answer to Postfix with TLSRPT, for a policy domain of the greatest length. */
function replySize(fields: readonly Field[]): number {
  // The first mx has no colon before it, so the frame has one octet less.
  const frame = 'OK secure match servername=hostname policy_type=sts policy_domain='.length + MAX_NAME;
  return fields.reduce((octets, field) => octets + shareInReply(field), frame);
}

function shareInReply({ name, value }: Field): number {
  const isCopied = ['version', 'mode', 'max_age', 'mx'].includes(name) || !/[{}]/.test(value);
  const copy = isCopied ? ` { policy_string = ${name}: ${value} }`.length : 0;
  return name === 'mx'
    ? copy + ` mx_host_pattern=${value}`.length + `:${value.replace(/^\*/, '')}`.length
    : copy;
}

function cut(text: string, separator: string): Field {
  const at = text.indexOf(separator);
  return at < 0 ? { name: text, value: '' } : { name: text.slice(0, at), value: text.slice(at + 1) };
}
