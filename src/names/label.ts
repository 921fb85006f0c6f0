import type { Flaw } from '../flaws/flaw.ts';
import { quote } from '../flaws/quote.ts';

/** Octets in a name as written, without the final dot (RFC 1035 section 2.3.4). */
export const MAX_NAME = 253;
const MAX_LABEL = 63;
const LDH = 'RFC 1123 section 2.1';
const SIZES = 'RFC 1035 section 2.3.4';

/**
 * What keeps a name in ASCII from being a `Domain` of RFC 5321 section 4.1.2 that fits into DNS. A single
 * label and a number as the last one pass: they are lawful in a policy text.
 */
export function domainFlaws(name: string): readonly Flaw[] {
  if (name.length > MAX_NAME) return [tooLong()];
  return [...new Set(name.split('.'))].flatMap((label) => labelFlaws(label));
}

/** Flaws of one label. `shown` is the label as people wrote it, where that differs. */
export function labelFlaws(label: string, shown = label): readonly Flaw[] {
  if (label === '') return [flaw('the name has an empty label', 'write exactly one dot between two labels')];
  if (label.includes('_')) {
    return [flaw(`${quote(shown)} has an underscore`, 'use the name of a host: hosts have none', LDH)];
  }
  if (!/^[a-z\d-]+$/i.test(label)) {
    const message = `${quote(shown)} has a character that is no letter, digit or hyphen`;
    return [flaw(message, 'write the host name alone, without a scheme, port, path or space', LDH)];
  }
  if (label.startsWith('-') || label.endsWith('-')) {
    return [flaw(`${quote(shown)} starts or ends with a hyphen`, 'correct the label', LDH)];
  }
  if (label.length > MAX_LABEL) {
    return [
      flaw(`the label ${quote(shown)} has more than ${MAX_LABEL} octets`, 'use a shorter label', SIZES),
    ];
  }
  return [];
}

export function tooLong(): Flaw {
  return flaw(`the name has more than ${MAX_NAME} octets`, 'use a shorter name', SIZES);
}

function flaw(message: string, remedy: string, rfc?: string): Flaw {
  return rfc === undefined ? { path: '', message, remedy } : { path: '', message, remedy, rfc };
}
