import { domainToASCII, domainToUnicode } from 'node:url';
import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';

/** A DNS host name in lower-case A-labels, without a trailing dot. */
export type Hostname = string & { readonly __hostname: unique symbol };

/** Octets in a name as written, without the final dot (RFC 1035 section 2.3.4). */
export const MAX_NAME = 253;
const MAX_LABEL = 63;
/** Characters looked at. No lawful name in U-labels comes near it, and work stays bounded. */
const MAX_WRITTEN = 1024;
const POLICY_HOST_PREFIX = 'mta-sts.';

/**
 * Reads a host name as people write it: any letter case, A-labels or U-labels. Answers lower-case A-labels.
 *
 * Only names that can stand in a certificate pass: letters, digits and hyphens (RFC 1123 section 2.1), at
 * least two labels, no IP address.
 */
export function parseHostname(text: string): Parsed<Hostname> {
  if (text === '') return flawed(flaw('the host name is empty', 'write a name such as mail.example.com'));
  if (text.length > MAX_WRITTEN) return flawed(tooLong());
  if (text.endsWith('.')) {
    return flawed(flaw(`${show(text)} ends with a dot`, 'leave the final dot out', 'RFC 5321 section 4.1.2'));
  }
  const ascii = toAscii(text);
  if (!ascii.ok) return ascii;
  const flaws = nameFlaws(ascii.value);
  return flaws.length === 0 ? parsed(ascii.value as Hostname) : flawed(...flaws);
}

/** As {@link parseHostname}, for a domain that is to have the policy host `mta-sts.<domain>`. */
export function parsePolicyDomain(text: string): Parsed<Hostname> {
  const domain = parseHostname(text);
  if (!domain.ok || POLICY_HOST_PREFIX.length + domain.value.length <= MAX_NAME) return domain;
  return flawed(
    flaw(
      `mta-sts.<domain> would have more than ${MAX_NAME} octets`,
      `use a domain of at most ${MAX_NAME - POLICY_HOST_PREFIX.length} octets`,
      'RFC 8461 section 3.2',
    ),
  );
}

/** The host that senders fetch the domain's policy from (RFC 8461 section 3.2). */
export function policyHost(domain: Hostname): Hostname {
  return `${POLICY_HOST_PREFIX}${domain}` as Hostname;
}

/** The domain whose policy host this is, in any letter case. Undefined for any other host. */
export function policyDomain(host: string): Hostname | undefined {
  if (host.slice(0, POLICY_HOST_PREFIX.length).toLowerCase() !== POLICY_HOST_PREFIX) return undefined;
  const domain = parsePolicyDomain(host.slice(POLICY_HOST_PREFIX.length));
  return domain.ok ? domain.value : undefined;
}

/** The name in U-labels, for showing to people only. */
export function toUnicode(host: Hostname): string {
  return hasALabel(host) ? domainToUnicode(host) : host;
}

/**
 * What keeps a name in ASCII from being a `Domain` of RFC 5321 section 4.1.2 that fits into DNS. A single
 * label and a number as the last one pass: they are lawful in a policy text.
 */
export function domainFlaws(name: string): readonly Flaw[] {
  if (name.length > MAX_NAME) return [tooLong()];
  return [...new Set(name.split('.'))].flatMap(labelFlaws);
}

function nameFlaws(name: string): readonly Flaw[] {
  const flaws = domainFlaws(name);
  if (flaws.length > 0) return flaws;
  const labels = name.split('.');
  const last = labels.at(-1) ?? '';
  // What a URL parser takes for an IPv4 address, in any of its spellings, is no name.
  if (/^(\d+|0x[\da-f]*)$/.test(last)) {
    return [
      flaw(`${show(name)} ends in a number`, 'write a host name, not an IP address', 'RFC 3696 section 2'),
    ];
  }
  if (labels.length < 2) {
    return [flaw(`${show(name)} has one label only`, `write the full name, such as ${name}.example.com`)];
  }
  return labels
    .filter(isFalseALabel)
    .map((label) =>
      flaw(
        `${show(label)} is no A-label: it does not stand for a Unicode name`,
        'write the name in Unicode, or correct the label',
        'RFC 5890 section 2.3.2.1',
      ),
    );
}

function tooLong(): Flaw {
  return flaw(`the name has more than ${MAX_NAME} octets`, 'use a shorter name', 'RFC 1035 section 2.3.4');
}

function labelFlaws(label: string): Flaw[] {
  if (label === '') return [flaw('the name has an empty label', 'write exactly one dot between two labels')];
  if (label.includes('_')) {
    return [
      flaw(
        `${show(label)} has an underscore`,
        'use the name of a host: hosts have none',
        'RFC 1123 section 2.1',
      ),
    ];
  }
  if (!/^[a-z\d-]+$/i.test(label)) {
    return [
      flaw(
        `${show(label)} has a character that is no letter, digit or hyphen`,
        'write the host name alone, without a scheme, port, path or space',
        'RFC 1123 section 2.1',
      ),
    ];
  }
  if (label.startsWith('-') || label.endsWith('-')) {
    return [flaw(`${show(label)} starts or ends with a hyphen`, 'correct the label', 'RFC 1123 section 2.1')];
  }
  if (label.length > MAX_LABEL) {
    const message = `the label ${show(label)} has more than ${MAX_LABEL} octets`;
    return [flaw(message, 'use a shorter label', 'RFC 1035 section 2.3.4')];
  }
  return [];
}

/** Node's function reads its input as a URL's host, so nothing may reach it that means more in a URL. */
function toAscii(text: string): Parsed<string> {
  if (isAscii(text)) return parsed(text.toLowerCase());
  const lower = [...text.normalize('NFC')].map((character) => character.toLowerCase()).join('');
  const flaws = lower.split('.').flatMap((label) => labelFlaws(label.replace(/[^\0-\x7f]+/g, 'x')));
  if (flaws.length > 0) return flawed(...flaws);
  const ascii = domainToASCII(lower);
  if (ascii === '') {
    return flawed(flaw(`${show(text)} is no internationalized name`, 'correct it', 'RFC 5891 section 4.2'));
  }
  // The mapping drops and replaces characters (a soft hyphen, a full-width dot): people must see what came out.
  if (domainToUnicode(ascii) !== unicodeOf(lower)) {
    return flawed(flaw(`${show(text)} stands for another name`, `write ${show(domainToUnicode(ascii))}`));
  }
  return parsed(ascii);
}

function unicodeOf(name: string): string {
  return name.replace(/(?<=^|\.)xn--[a-z\d-]+/g, (label) => domainToUnicode(label));
}

function isFalseALabel(label: string): boolean {
  if (!hasALabel(label)) return false;
  const unicode = domainToUnicode(label);
  return isAscii(unicode) || /^-|-$/.test(unicode) || domainToASCII(unicode) !== label;
}

function hasALabel(name: string): boolean {
  return name.startsWith('xn--') || name.includes('.xn--');
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** Quoted as JSON, so that nothing invisible stays so; a long text is cut. */
function show(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function flaw(message: string, remedy: string, rfc?: string): Flaw {
  return rfc === undefined ? { path: '', message, remedy } : { path: '', message, remedy, rfc };
}
