import { lookAtMail, type MailHosts, mailHosts } from '../../checks/mail-hosts.ts';
import type { PublicDns } from '../../checks/public-dns.ts';
import type { Hostname } from '../../names/hostname.ts';
import { isSpecialUse } from '../../names/special-use.ts';

// Nobody who edits a tenant waits longer for a warning, in milliseconds.
const PATIENCE = 5_000;

/** Looks where a domain's mail goes; undefined for names that are in no public DNS. */
export function mailLook(dns: PublicDns): (domain: Hostname) => Promise<MailHosts | undefined> {
  return async (domain) => {
    if (isSpecialUse(domain)) return undefined;
    const late = AbortSignal.timeout(PATIENCE);
    try {
      return mailHosts(await lookAtMail(domain, dns, late));
    } catch (error) {
      if (!late.aborted) throw error;
      return { outcome: 'failed', why: 'no answer in time' };
    }
  };
}
