import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { quote } from '../flaws/quote.ts';

/** Where TLS reports are to be sent (RFC 8460 section 3): a mailto or https URI, fit for a record. */
export type ReportUri = string & { readonly __reportUri: unique symbol };

const RFC = 'RFC 8460 section 3';

// Stands for the policy domain, where several share one setting.
const DOMAIN = '{domain}';

/**
 * Reads URIs joined by commas; `{domain}` in one stands for the policy domain. A comma, semicolon or exclamation mark
 * of a URI's own is written as %2C, %3B or %21, as in the record.
 */
export function parseReportUris(text: string): Parsed<readonly ReportUri[]> {
  const uris = text.split(',').map((part) => part.trim());
  const flaws = uris.flatMap((uri) => uriFlaws(uri));
  if (flaws.length > 0) return flawed(...flaws);
  return parsed([...new Set(uris)] as ReportUri[]);
}

/** The record at `_smtp._tls.<domain>`; undefined where no reports are wanted. */
export function formatReportRecord(uris: readonly ReportUri[], domain: string): string | undefined {
  if (uris.length === 0) return undefined;
  return `v=TLSRPTv1; rua=${uris.map((uri) => uri.replaceAll(DOMAIN, domain)).join(',')}`;
}

function uriFlaws(uri: string): readonly Flaw[] {
  const flaw = (message: string, remedy: string): Flaw[] => [{ path: '', message, remedy, rfc: RFC }];
  const sample = uri.replaceAll(DOMAIN, 'example.com');
  // Printable ASCII without what ends a URI in the record; a brace that is not that of {domain} is a misspelling.
  if (!/^[!-~]+$/.test(sample) || /[,;!{}"<>\\^`|]/.test(sample)) {
    return flaw(`${quote(uri)} has a character that is none of a URI's`, 'Write it as % and two hex digits');
  }
  if (/%(?![\da-f]{2})/i.test(sample)) {
    return flaw(`${quote(uri)} has a % without two hex digits`, 'Write a % itself as %25');
  }
  if (/^mailto:/i.test(sample)) {
    if (/^mailto:[^@\s/?]+@[^@\s/?]+\.[^@\s/?]+(\?.*)?$/i.test(sample)) return [];
    return flaw(`${quote(uri)} is no mail address`, 'Write for example mailto:tlsrpt@example.net');
  }
  // A URL parser makes a host of what follows more than two slashes.
  const url = /^https:\/\/[^/\\]/i.test(sample) ? URL.parse(sample) : null;
  if (url !== null && url.hostname !== '' && url.username === '' && url.hash === '') return [];
  const remedy = 'Write for example mailto:tlsrpt@example.net, or https://reports.example.net/tlsrpt';
  return flaw(`${quote(uri)} is no mailto or https URI`, remedy);
}
