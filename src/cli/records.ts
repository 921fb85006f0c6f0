import { schemeOf } from '../app/config/scheme.ts';
import { parsePolicyDomain } from '../names/hostname.ts';
import type { PolicyId } from '../policy/policy-id.ts';
import { readPublications } from '../store/files/publication-file.ts';
import type { PublicationStore, TenantCourse } from '../tenant/publication-store.ts';
import { formatRecords, type RecordFormat } from '../tenant/record-format.ts';
import { tenantRecords } from '../tenant/records.ts';
import { loadConfig } from './config.ts';
import { EXIT, fail, printText } from './printing.ts';
import { opened } from './state.ts';

export interface RecordsOptions {
  readonly format: RecordFormat;
  readonly json?: boolean;
}

const BATCH = 1_000;

/** `postseal records`: what tenants are to have in DNS now. Works beside a running server. */
export function printRecords(
  domains: readonly string[],
  { format, json = false }: RecordsOptions,
  file: string | undefined,
): void {
  const config = loadConfig(file);
  if (config === undefined) return;
  const store = opened(() => readPublications(config.store.state));
  if (store === undefined) return;
  try {
    const scheme = schemeOf(config);
    const courses = domains.length === 0 ? all(store) : domains.flatMap((name) => find(store, name));
    const tenants = courses.map(({ domain, course }) => {
      return { domain, records: tenantRecords(domain, scheme, course.due as PolicyId | undefined) };
    });
    printText(formatRecords(tenants, json ? 'json' : format, scheme.ttl));
  } finally {
    store.close();
  }
}

function all(store: PublicationStore): readonly TenantCourse[] {
  const found: TenantCourse[] = [];
  for (let last = ''; ; ) {
    const batch = store.after(last, BATCH);
    found.push(...batch.filter(isServed));
    if (batch.length < BATCH) return found;
    last = batch.at(-1)?.domain ?? '';
  }
}

function find(store: PublicationStore, name: string): TenantCourse[] {
  const domain = parsePolicyDomain(name);
  const course = domain.ok ? store.get(domain.value) : undefined;
  if (domain.ok && course !== undefined && course.leftAt === undefined)
    return [{ domain: domain.value, course }];
  fail(`No policy is served for ${name}`, 'Write its document into store.policies first', EXIT.notFound);
  return [];
}

function isServed({ course }: TenantCourse): boolean {
  return course.leftAt === undefined;
}
