import type { Hostname } from '../names/hostname.ts';
import type { Deployment } from './adoption.ts';
import { lookAtMail } from './mail-hosts.ts';
import type { PublicDns } from './public-dns.ts';

export interface DeploymentLook {
  readonly dns: PublicDns;
  /** Fetches the policy as a strict sender does (RFC 8461 section 3.3), whatever it says. */
  policyOf(domain: Hostname, signal: AbortSignal): Promise<Deployment['served']>;
}

/** Looks at the policy that somebody serves for a domain now. Rejects with the signal's reason. */
export async function lookAtDeployment(
  domain: Hostname,
  { dns, policyOf }: DeploymentLook,
  signal: AbortSignal,
): Promise<Deployment> {
  const [texts, served, mail] = await Promise.all([
    dns.txt(`_mta-sts.${domain}`, signal),
    policyOf(domain, signal),
    lookAtMail(domain, dns, signal),
  ]);
  return { domain, texts, served, mail };
}
