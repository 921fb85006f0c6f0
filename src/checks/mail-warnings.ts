import type { Flaw } from '../flaws/flaw.ts';
import { type Hostname, parseHostname } from '../names/hostname.ts';
import { matchesMx } from '../policy/mx-pattern.ts';
import type { Policy } from '../policy/policy.ts';
import type { MailHosts } from './mail-hosts.ts';

/** Where a policy and the MX records of its domain do not fit each other. */
export function mailWarnings(domain: Hostname, policy: Policy, hosts: MailHosts): readonly Flaw[] {
  if (policy.mode === 'none') return [];
  switch (hosts.outcome) {
    case 'failed':
      return [
        warning(`DNS does not tell the MX of ${domain} (${hosts.why}): it was not compared`, 'Compare it'),
      ];
    case 'refused': {
      const message = `${domain} takes no mail: its MX is the null MX`;
      return [{ ...warning(message, 'Use mode none, or set its MX'), rfc: 'RFC 7505 section 3' }];
    }
    case 'none':
      return [
        warning(`DNS has neither an MX nor an address for ${domain}`, 'Set its MX, or check the spelling'),
      ];
    case 'found':
      return compared(domain, policy, hosts);
  }
}

function compared(
  domain: Hostname,
  policy: Policy,
  { names, isImplicit }: Extract<MailHosts, { outcome: 'found' }>,
): readonly Flaw[] {
  const hosts = names.flatMap((name) => {
    const host = parseHostname(name);
    return host.ok ? host.value : [];
  });
  const implicit = isImplicit ? ' (itself, for it has no MX: RFC 5321 section 5.1)' : '';
  const missing = names.filter((name) => !policy.mx.some((pattern) => matchesMx(pattern, name as Hostname)));
  const unused = [...policy.mx.entries()].filter(
    ([, pattern]) => !hosts.some((host) => matchesMx(pattern, host)),
  );
  const would =
    policy.mode === 'enforce' ? 'senders would refuse to deliver there' : 'senders would report it';
  return [
    ...missing.map((host) => ({
      ...warning(
        `The mail of ${domain} goes to ${host}${implicit}, which no mx allows: ${would}`,
        `Add ${host}, or take it out of the MX records`,
      ),
      rfc: 'RFC 8461 section 4.1',
    })),
    ...unused.map(([index, pattern]) => ({
      ...warning(`No MX of ${domain} is ${pattern}`, 'Leave it out, unless the host is to come'),
      path: `policy.mx[${index}]`,
    })),
  ];
}

function warning(message: string, remedy: string): Flaw {
  return { path: 'policy.mx', message, remedy };
}
