import type { Flaw } from '../flaws/flaw.ts';
import { quote } from '../flaws/quote.ts';
import { parseHostname } from '../names/hostname.ts';
import { registrableDomain } from '../names/registrable-domain.ts';
import { isNowhere, type MailRouting, mailHosts } from './mail-hosts.ts';

/** What an operator would write into a document: not yet checked. */
interface ProposedPolicy {
  readonly mode: 'testing';
  readonly max_age: number;
  readonly mx: readonly string[];
}

export type Proposal =
  /** `findings` tell what is odd about the domain's mail; it works all the same, or as badly as before. */
  | { readonly outcome: 'proposed'; readonly policy: ProposedPolicy; readonly findings: readonly Flaw[] }
  /** The domain takes no mail, so that there is nothing to protect. */
  | { readonly outcome: 'pointless'; readonly finding: Flaw }
  /** DNS does not tell. */
  | { readonly outcome: 'unclear'; readonly finding: Flaw };

// A week: in testing mode it costs nothing that senders keep it.
const MAX_AGE = 604_800;
// So many siblings are a farm that grows and shrinks; fewer are listed one by one.
const FARM = 3;

/** A policy for a domain that has none: in testing mode, with the hosts that its mail goes to now. */
export function propose(routing: MailRouting): Proposal {
  const hosts = mailHosts(routing);
  const { domain } = routing;
  switch (hosts.outcome) {
    case 'refused': {
      const message = `${domain} takes no mail: its MX is the null MX`;
      const remedy = 'Host no policy for it; or set its MX first, where it is to take mail';
      return { outcome: 'pointless', finding: { path: domain, message, remedy, rfc: 'RFC 7505' } };
    }
    case 'none': {
      const message = `DNS has neither an MX nor an address for ${domain}`;
      const remedy = 'Check the spelling; or name the hosts that its mail will go to: --mx mail.example.com';
      return { outcome: 'pointless', finding: { path: domain, message, remedy } };
    }
    case 'failed': {
      const message = `DNS does not tell the MX of ${domain} (${hosts.why})`;
      const remedy = 'Try again, or name the hosts that its mail goes to: --mx mail.example.com';
      return { outcome: 'unclear', finding: { path: domain, message, remedy } };
    }
    case 'found':
      return proposed(routing, hosts.names, hosts.isImplicit);
  }
}

function proposed(routing: MailRouting, names: readonly string[], isImplicit: boolean): Proposal {
  const { domain } = routing;
  const judged = names.map((name) => ({ name, host: parseHostname(name) }));
  const findings = judged.flatMap(({ name, host }) => (host.ok ? [] : [unusable(domain, name)]));
  const usable = judged.flatMap(({ host }) => (host.ok ? [host.value] : []));
  const [unusableOnly] = findings;
  if (usable.length === 0 && unusableOnly) return { outcome: 'pointless', finding: unusableOnly };
  for (const host of usable) {
    const addresses = routing.hosts.get(host);
    if (addresses !== undefined && isNowhere(addresses)) findings.push(nowhere(domain, host));
  }
  if (isImplicit) findings.push(implicit(domain));
  return {
    outcome: 'proposed',
    policy: { mode: 'testing', max_age: MAX_AGE, mx: patterns(usable) },
    findings,
  };
}

/**
 * One pattern for each host, or a wildcard for the many of a farm. Only where the name above them is nobody's
 * registered domain: there, a host below may be anything, and whoever gets hold of one gets the mail (RFC 8461 section
 * 10.4).
 */
function patterns(hosts: readonly string[]): readonly string[] {
  const farms = new Map<string, number>();
  for (const parent of hosts.map(parentOf)) farms.set(parent, (farms.get(parent) ?? 0) + 1);
  const isFarm = (parent: string) => (farms.get(parent) ?? 0) >= FARM && isDeep(parent);
  const found = hosts.map((host) => (isFarm(parentOf(host)) ? `*.${parentOf(host)}` : host));
  return [...new Set(found)];
}

function isDeep(name: string): boolean {
  const owner = registrableDomain(name);
  return owner !== undefined && owner !== name;
}

function parentOf(host: string): string {
  return host.slice(host.indexOf('.') + 1);
}

function unusable(domain: string, name: string): Flaw {
  const message = `An MX of ${domain} is ${quote(name)}, which no certificate can name`;
  const remedy = 'Let the MX name a host by its full public name';
  return { path: domain, message, remedy, rfc: 'RFC 8461 section 4.2' };
}

function nowhere(domain: string, host: string): Flaw {
  const message = `An MX of ${domain} is ${host}, which has no address in DNS`;
  return { path: host, message, remedy: 'Set its address, or remove that MX' };
}

function implicit(domain: string): Flaw {
  const message = `${domain} has no MX, so that its mail goes to the domain's own address`;
  const remedy = 'Set an MX, unless that host is meant and has a certificate for this name';
  return { path: domain, message, remedy, rfc: 'RFC 5321 section 5.1' };
}
