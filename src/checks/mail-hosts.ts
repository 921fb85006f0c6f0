import type { Hostname } from '../names/hostname.ts';
import { type Addresses, type Answer, addressesOf, recordsOf } from './observation.ts';
import type { MxRecord, PublicDns } from './public-dns.ts';

/** What DNS says of where a domain's mail goes. */
export interface MailRouting {
  readonly domain: Hostname;
  readonly mx: Answer<MxRecord>;
  /** Of the domain itself, which is its own mail host where it has no MX (RFC 5321 section 5.1). */
  readonly own: Addresses;
  /** Of the mail hosts, by their names. */
  readonly hosts: ReadonlyMap<string, Addresses>;
}

// A domain has a handful; a hostile zone may name hundreds.
const MOST_HOSTS = 50;

/** Asks where the mail of a domain goes. Rejects with the signal's reason. */
export async function lookAtMail(
  domain: Hostname,
  dns: PublicDns,
  signal: AbortSignal,
): Promise<MailRouting> {
  const [mx, own] = await Promise.all([dns.mx(domain, signal), dns.addresses(domain, signal)]);
  const names = [...new Set(recordsOf(mx).map(({ exchange }) => exchange))].filter((name) => name !== '');
  const asked = names.slice(0, MOST_HOSTS).map(async (name) => {
    return [name, await dns.addresses(name, signal)] as const;
  });
  return { domain, mx, own, hosts: new Map(await Promise.all(asked)) };
}

/** Whether DNS says for sure that a name has no address. */
export function isNowhere(addresses: Addresses): boolean {
  return addresses.ipv4.outcome === 'none' && addresses.ipv6.outcome === 'none';
}

/** The hosts that the mail goes to, the most wanted first; why nobody knows, or why there is none. */
export type MailHosts =
  | { readonly outcome: 'found'; readonly names: readonly string[]; readonly isImplicit: boolean }
  /** The domain says that it takes no mail (RFC 7505). */
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'failed'; readonly why: string };

export function mailHosts({ domain, mx, own }: MailRouting): MailHosts {
  if (mx.outcome === 'failed') return mx;
  const names = [...new Set(recordsOf(mx).map(({ exchange }) => exchange))];
  if (names.length > 0) {
    const isNull = names.length === 1 && names[0] === '';
    return isNull ? { outcome: 'refused' } : { outcome: 'found', names, isImplicit: false };
  }
  if (addressesOf(own).length > 0) return { outcome: 'found', names: [domain], isImplicit: true };
  const [silent] = [own.ipv4, own.ipv6].filter((answer) => answer.outcome === 'failed');
  return silent ?? { outcome: 'none' };
}
