import { schemeOf } from '../app/scheme.ts';
import { parsePolicyDomain } from '../names/hostname.ts';
import { openForReading } from '../store/files/state-database.ts';
import { StateFile } from '../store/files/state-file.ts';
import { tenantRecords, zoneLine } from '../tenant/records.ts';
import type { Announceable, TenantStore } from '../tenant/store.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print, printJson } from './printing.ts';
import { opened } from './state.ts';

/** `postseal records`: what tenants are to have in DNS now. Works beside a running server. */
export function printRecords(
  domains: readonly string[],
  options: { json?: boolean },
  file: string | undefined,
): void {
  const config = loadConfig(file);
  if (config === undefined) return;
  const store = opened(() => new StateFile(openForReading(config.store.state)));
  if (store === undefined) return;
  try {
    const tenants =
      domains.length === 0 ? [...store.announceable()] : domains.flatMap((name) => find(store, name));
    const records = tenants.flatMap(({ domain, id }) => tenantRecords(domain, schemeOf(config), id));
    if (options.json) printJson({ items: records });
    else for (const record of records) print(zoneLine(record));
  } finally {
    store.close();
  }
}

function find(store: TenantStore, name: string): Announceable[] {
  const domain = parsePolicyDomain(name);
  const found = domain.ok ? store.announceableFor(domain.value) : undefined;
  if (found !== undefined) return [found];
  fail(`No policy is served for ${name}`, 'Write its document into store.policies first', EXIT.notFound);
  return [];
}
