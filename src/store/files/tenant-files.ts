import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Flaw } from '../../flaws/flaw.ts';
import { readDocument } from '../../tenant/document.ts';
import { domainOfFile, isDocumentName } from './document-folder.ts';
import { readYaml } from './yaml.ts';

/** A tenant as it is sent to the API. */
interface SentTenant {
  readonly domain: string;
  readonly policy: { readonly mode: string; readonly max_age: number; readonly mx: readonly string[] };
  readonly labels: Readonly<Record<string, string>>;
}

export interface TenantFiles {
  readonly tenants: readonly { readonly file: string; readonly tenant: SentTenant }[];
  /** Of the documents that are none; their paths begin with the file's. */
  readonly flaws: readonly Flaw[];
}

/** Reads a folder of documents that is nobody's store. Throws where it can't be read. */
export function readTenantFiles(folder: string): TenantFiles {
  const tenants: { file: string; tenant: SentTenant }[] = [];
  const flaws: Flaw[] = [];
  for (const file of readdirSync(folder).filter(isDocumentName).sort()) {
    const read = readTenantFile(join(folder, file), file);
    if ('flaws' in read)
      flaws.push(...read.flaws.map((flaw) => ({ ...flaw, path: placed(file, flaw.path) })));
    else tenants.push({ file, tenant: read.tenant });
  }
  return { tenants, flaws };
}

function readTenantFile(
  path: string,
  file: string,
): { readonly tenant: SentTenant } | { readonly flaws: readonly Flaw[] } {
  const domain = domainOfFile(file);
  const yaml = readYaml(readFileSync(path));
  if (!domain.ok) return domain;
  if (!yaml.ok) return yaml;
  const tenant = readDocument(yaml.value.value, domain.value);
  if (!tenant.ok) return { flaws: tenant.flaws.map(yaml.value.locate) };
  const { policy, labels } = tenant.value;
  const { mode, max_age, mx } = policy;
  return { tenant: { domain: domain.value, policy: { mode, max_age, mx }, labels } };
}

function placed(file: string, path: string): string {
  return path === '' ? file : `${file}: ${path}`;
}
