import { type Hostname, parsePolicyDomain } from '../names/hostname.ts';
import type { PolicyId } from '../policy/policy-id.ts';
import { openForReading, StateFile } from '../store/files/state-file.ts';
import { desiredRecords, zoneLine } from '../tenant/records.ts';
import type { TenantStore } from '../tenant/store.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print, printJson } from './printing.ts';

/** `postseal records`: what tenants are to have in DNS now. Works beside a running server. */
export function printRecords(
  domains: readonly string[],
  options: { json?: boolean },
  file: string | undefined,
): void {
  const config = loadConfig(file);
  if (config === undefined) return;
  const store = openStore(config.store.state);
  if (store === undefined) return;
  try {
    const tenants = domains.length === 0 ? [...store.served()] : domains.flatMap((name) => find(store, name));
    const records = tenants.flatMap(({ domain, id }) => desiredRecords(domain, config.serviceName, id));
    if (options.json) printJson({ items: records });
    else for (const record of records) print(zoneLine(record));
  } finally {
    store.close();
  }
}

function openStore(folder: string): TenantStore | undefined {
  try {
    return new StateFile(openForReading(folder));
  } catch {
    fail(`There is no state in ${folder} yet`, 'Start the server first: postseal serve', EXIT.unavailable);
    return undefined;
  }
}

function find(store: TenantStore, name: string): { domain: Hostname; id: PolicyId }[] {
  const domain = parsePolicyDomain(name);
  const newest = domain.ok && store.isServed(domain.value) ? store.newest(domain.value) : undefined;
  if (domain.ok && newest !== undefined) return [{ domain: domain.value, id: newest.id }];
  fail(`No policy is served for ${name}`, 'Write its document into store.policies first', EXIT.notFound);
  return [];
}
