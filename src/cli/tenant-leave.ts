import { askWhether } from './asking.ts';
import { domainOf, openClient, tenantPath } from './client.ts';
import type { Session } from './config.ts';
import { printEffect } from './effect.ts';
import { fromNow, minute } from './moment.ts';
import { print, printJson } from './printing.ts';
import type { ChangeOptions } from './tenant-change.ts';
import type { ToldChange, ToldTenant } from './told.ts';

/**
 * `postseal tenant remove`: lets a tenant leave through mode `none` (RFC 8461 section 8.3); it goes by itself when no
 * sender can hold an earlier policy. With `--force` at once, which tells what that breaks.
 */
export async function removeTenant(
  name: string,
  options: ChangeOptions & { readonly force?: boolean },
  session: Session,
): Promise<void> {
  const { force = false, yes, json, dryRun, cause } = options;
  const api = openClient(session);
  const domain = domainOf(name);
  const { etag } = await api.must<ToldTenant>('GET', tenantPath(domain));
  const query = { cause, ...(force && { force }) };
  const request = { query, ...(etag !== undefined && { ifMatch: etag }) };
  const dry = { ...request, query: { ...query, dry_run: true } };
  const { value: foreseen } = await api.must<ToldChange>('DELETE', tenantPath(domain), dry);
  if (!json) printEffect(foreseen.effect);
  if (dryRun) return json ? printJson(foreseen) : undefined;
  await askWhether(force ? `Stop serving ${domain} at once?` : `Let ${domain} leave?`, yes);
  const { value } = await api.must<ToldChange>('DELETE', tenantPath(domain), request);
  if (json) printJson(value);
  else print(force ? `${domain} is served no more` : leaves(domain, value.effect.exposed_until));
}

function leaves(domain: string, until: string | null): string {
  if (until === null) return `${domain} serves mode none, and leaves`;
  const at = Date.parse(until);
  return `${domain} serves mode none, and leaves after ${minute(at)}, ${fromNow(at, Date.now())}`;
}
