import { getDomain } from 'tldts';
import type { Hostname } from './hostname.ts';

/**
 * The domain that one owner registered: one label below the public suffix, by the Public Suffix List with its
 * private section. Undefined for a public suffix itself, such as `co.uk` or `github.io`.
 */
export function registrableDomain(host: string): Hostname | undefined {
  const domain = getDomain(host, { allowPrivateDomains: true, extractHostname: false });
  return domain === null ? undefined : (domain as Hostname);
}
