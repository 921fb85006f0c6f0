import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Config } from '../app/config/config.ts';
import { schemeOf } from '../app/config/scheme.ts';
import type { Hostname } from '../names/hostname.ts';
import { formatPolicyText, parsePolicyText } from '../policy/text.ts';
import { type BundleFile, writeBundle } from '../store/files/bundle-folder.ts';
import { newDocument } from '../store/files/document-edit.ts';
import { openSnapshot } from '../store/files/state-file.ts';
import { readYaml } from '../store/files/yaml.ts';
import {
  announcementZone,
  BUNDLE,
  type BundledTenant,
  bundleReadme,
  caddyExample,
  nginxExample,
  policyPath,
  recordLines,
} from '../tenant/bundle.ts';
import { readDocument } from '../tenant/document.ts';
import { tellLedger } from '../tenant/ledger.ts';
import type { TenantStore } from '../tenant/store.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, print, printJson } from './printing.ts';
import { opened } from './state.ts';

/**
 * `postseal export`: everything that another server needs to go on, as files that any web server and any name server
 * can serve, so that nobody is bound to this one. Works beside a running server.
 */
export async function exportBundle(
  folder: string,
  options: { json?: boolean },
  file: string | undefined,
): Promise<void> {
  const config = loadConfig(file);
  const store = config && opened(() => openSnapshot(config.store.state));
  if (config === undefined || store === undefined) return;
  try {
    const path = resolve(folder);
    const tenants = bundledTenants(store, config);
    await writeBundle(path, filesOf(store, tenants, config, path));
    if (options.json) printJson({ folder: path, tenants: tenants.length });
    else print(`${tenants.length} ${tenants.length === 1 ? 'tenant' : 'tenants'} exported to ${path}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const message = `${folder} can't be written (${code})`;
    fail(message, REMEDIES[code] ?? 'Name another folder, or let Postseal write there', EXIT.unavailable);
  } finally {
    store.close();
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOTEMPTY: 'Something is there already, and nothing was changed: name a new folder, or empty this one',
  ENOTDIR: 'A file is there: name a new folder',
  ENOSPC: 'Make room on the disk; nothing was left there',
};

function bundledTenants(store: TenantStore, config: Config): readonly BundledTenant[] {
  return [...store.everyDomain()].flatMap((domain) => {
    const newest = store.isServed(domain) ? store.newest(domain) : undefined;
    if (newest === undefined) return [];
    const { id, text } = newest;
    return [{ domain, id, text, document: documentOf(store, domain, text, config.store.policies) }];
  });
}

/** The document as it stands in its file; where that says something else than what is served, one that says it. */
function documentOf(store: TenantStore, domain: Hostname, text: string, policies: string): string {
  for (const { file, flaws } of store.entriesFor(domain)) {
    if (flaws.length > 0) continue;
    const bytes = bytesOf(join(policies, file));
    const yaml = bytes && readYaml(bytes);
    const tenant = yaml?.ok ? readDocument(yaml.value.value, domain) : undefined;
    if (bytes && tenant?.ok && formatPolicyText(tenant.value.policy) === text) return bytes.toString();
  }
  const policy = parsePolicyText(text);
  if (!policy.ok) throw new Error(`What is served for ${domain} can't be read`);
  return newDocument({ domain, policy: policy.value, labels: store.labels(domain) });
}

function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function* filesOf(
  store: TenantStore,
  tenants: readonly BundledTenant[],
  config: Config,
  folder: string,
): Iterable<BundleFile> {
  const now = Date.now();
  const site = { folder, certs: config.store.certs, scheme: schemeOf(config), now };
  yield { path: BUNDLE.ledger, content: ledgerOf(store, now) };
  for (const { domain, text, document } of tenants) {
    yield { path: policyPath(domain), content: text };
    yield { path: `${BUNDLE.documents}/${domain}.yaml`, content: document };
  }
  yield { path: BUNDLE.zone, content: announcementZone(tenants, site) };
  yield { path: BUNDLE.records, content: recordLines(tenants, site) };
  yield { path: BUNDLE.nginx, content: nginxExample(site) };
  yield { path: BUNDLE.caddy, content: caddyExample(tenants, site) };
  yield { path: BUNDLE.readme, content: bundleReadme(tenants.length, site) };
}

/** One JSON document, with a line for each domain. */
function* ledgerOf(store: TenantStore, now: number): Iterable<string> {
  yield `{"format":"postseal-ledger-1","exported_at":${JSON.stringify(new Date(now))},"domains":[`;
  let separator = '\n';
  for (const domain of store.everyDomain()) {
    const revisions = store.revisions(domain);
    const history = { domain, isServed: store.isServed(domain), revisions, servings: store.servings(domain) };
    yield separator + JSON.stringify(tellLedger(history, now));
    separator = ',\n';
  }
  yield '\n]}\n';
}
