import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { quote } from '../flaws/quote.ts';
import { type Hostname, parseHostname, parseName } from '../names/hostname.ts';
import { domainFlaws } from '../names/label.ts';

/**
 * An `sts-policy-mx-value` (RFC 8461 section 3.2) in lower-case A-labels: `mail.example.com` or `*.example.com`.
 */
export type MxPattern = string & { readonly __mxPattern: unique symbol };

const WILDCARD = '*.';
const RFC = 'RFC 8461 section 3.2';

/** Reads what an operator writes: any letter case, A-labels or U-labels, names that a public host can have. */
export function parseMxPattern(text: string): Parsed<MxPattern> {
  if (text === '.') {
    return flawed({
      path: '',
      message: 'a null MX takes no mail, so there is nothing to protect',
      remedy: 'leave the mx field out and use the mode none, or have no policy',
      rfc: 'RFC 7505 section 3',
    });
  }
  const base = withoutWildcard(text);
  if (base.includes('*')) return flawed(misplacedWildcard(text));
  // `*.example` is lawful if unwise, though `example` alone is no public host.
  const name = base === text ? parseHostname(base) : parseName(base, 1);
  if (!name.ok) return name;
  return parsed((base === text ? name.value : `${WILDCARD}${name.value}`) as MxPattern);
}

/** Reads the value of an `mx` field as a sender does: exactly the grammar of section 3.2, A-labels only. */
export function parseMxValue(value: string): Parsed<MxPattern> {
  const base = withoutWildcard(value);
  if (base.includes('*')) return flawed(misplacedWildcard(value));
  const flaws = domainFlaws(base);
  return flaws.length === 0 ? parsed(value.toLowerCase() as MxPattern) : flawed(...flaws);
}

/** Whether the policy allows this MX host. A wildcard stands for exactly one left-most label (section 4.1). */
export function matchesMx(pattern: MxPattern, host: Hostname): boolean {
  const base = wildcardBase(pattern);
  if (base === undefined) return host === String(pattern);
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot + 1) === base;
}

/** The name below which a wildcard pattern allows every host. Undefined for a pattern without a wildcard. */
export function wildcardBase(pattern: MxPattern): string | undefined {
  return pattern.startsWith(WILDCARD) ? pattern.slice(WILDCARD.length) : undefined;
}

function withoutWildcard(text: string): string {
  return text.startsWith(WILDCARD) ? text.slice(WILDCARD.length) : text;
}

function misplacedWildcard(text: string): Flaw {
  return {
    path: '',
    message: `${quote(text)} has an asterisk that is not the whole left-most label`,
    remedy: 'write *.example.com, or list the hosts one by one',
    rfc: RFC,
  };
}
