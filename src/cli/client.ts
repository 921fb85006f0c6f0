import { parsePolicyDomain } from '../names/hostname.ts';
import { ApiClient } from './api-client.ts';
import { loadAccess, type Session } from './config.ts';
import { CommandFailure, EXIT } from './printing.ts';

/** The server that a command talks to. Throws a {@link CommandFailure} where none can be known. */
export function openClient(session: Session): ApiClient {
  return new ApiClient(loadAccess(session).access);
}

/** A domain as people write it, as A-labels. Throws a {@link CommandFailure} where it is none. */
export function domainOf(text: string) {
  const domain = parsePolicyDomain(text);
  if (domain.ok) return domain.value;
  throw new CommandFailure(`${text} is no policy domain`, '', EXIT.flawed, domain.flaws);
}

/** The path of a tenant's resource. */
export function tenantPath(domain: string, rest = ''): string {
  return `/tenants/${domain}${rest}`;
}
