import { type Flaw, flawed, type Parsed } from '../flaws/flaw.ts';
import { quote } from '../flaws/quote.ts';
import { aLabelFlaws, toALabels, toULabels } from './a-label.ts';
import { domainFlaws, MAX_NAME, tooLong } from './label.ts';

/** A DNS host name in lower-case A-labels, without a trailing dot. */
export type Hostname = string & { readonly __hostname: unique symbol };

/** Characters looked at. No lawful name in U-labels comes near it, and work stays bounded. */
const MAX_WRITTEN = 1024;
const POLICY_HOST_PREFIX = 'mta-sts.';

/**
 * Reads a host name as people write it: any letter case, A-labels or U-labels.
 *
 * Only names that can stand in a public certificate pass: letters, digits and hyphens (RFC 1123 section
 * 2.1), at least two labels, no IP address.
 */
export function parseHostname(text: string): Parsed<Hostname> {
  return parseName(text, 2) as Parsed<Hostname>;
}

/** As {@link parseHostname}, for a name of which so many labels are enough. */
export function parseName(text: string, fewestLabels: number): Parsed<string> {
  if (text === '') return flawed(flaw('the host name is empty', 'write a name such as mail.example.com'));
  if (text.length > MAX_WRITTEN) return flawed(tooLong());
  if (text.endsWith('.')) {
    const message = `${quote(text)} ends with a dot, which the grammar of a policy does not have`;
    return flawed(flaw(message, 'leave the final dot out', 'RFC 8461 section 3.2'));
  }
  const name = toALabels(text);
  if (!name.ok) return name;
  const flaws = nameFlaws(name.value, fewestLabels);
  return flaws.length === 0 ? name : flawed(...flaws);
}

/** As {@link parseHostname}, for a domain that is to have the policy host `mta-sts.<domain>`. */
export function parsePolicyDomain(text: string): Parsed<Hostname> {
  const domain = parseHostname(text);
  const longest = MAX_NAME - POLICY_HOST_PREFIX.length;
  if (!domain.ok || domain.value.length <= longest) return domain;
  const message = `the name mta-sts.<domain> would have more than ${MAX_NAME} octets`;
  return flawed(flaw(message, `use a domain of at most ${longest} octets`, 'RFC 1035 section 2.3.4'));
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
  return toULabels(host);
}

function nameFlaws(name: string, fewestLabels: number): readonly Flaw[] {
  const flaws = domainFlaws(name);
  if (flaws.length > 0) return flaws;
  const labels = name.split('.');
  // What a URL parser takes for an IPv4 address, in any of its spellings, is no name.
  if (/^(\d+|0x[\da-f]*)$/.test(labels.at(-1) ?? '')) {
    const message = `${quote(name)} ends in a number`;
    return [flaw(message, 'write a host name, not an IP address', 'RFC 3696 section 2')];
  }
  if (labels.length < fewestLabels) {
    return [flaw(`${quote(name)} has one label only`, `write the full name, such as ${name}.example.com`)];
  }
  return aLabelFlaws(name);
}

function flaw(message: string, remedy: string, rfc?: string): Flaw {
  return rfc === undefined ? { path: '', message, remedy } : { path: '', message, remedy, rfc };
}
