import type { RecordFormat } from '../tenant/record-format.ts';
import type { DesiredRecord } from '../tenant/records.ts';
import type { ApiClient } from './api-client.ts';
import { domainOf, openClient, tenantPath } from './client.ts';
import type { Session } from './config.ts';
import { printJson } from './printing.ts';
import type { ToldRecords, ToldSummary } from './told.ts';

/** `postseal records` of a server that was named: of the tenants given, else of all. */
export async function printRemoteRecords(
  names: readonly string[],
  format: RecordFormat,
  session: Session,
): Promise<void> {
  const api = openClient(session);
  const records: DesiredRecord[] = [];
  for await (const domain of domains(api, names)) {
    if (format === 'json') {
      records.push(...(await api.get<ToldRecords>(tenantPath(domain, '/records'))).items);
      continue;
    }
    process.stdout.write(await api.get<string>(tenantPath(domain, '/records'), { format }));
  }
  if (format === 'json') printJson({ items: records });
}

/** As they are given, else all that the token may see. */
export async function* domains(api: ApiClient, names: readonly string[]): AsyncIterable<string> {
  for (const name of names) yield domainOf(name);
  if (names.length > 0) return;
  for await (const { domain } of api.items<ToldSummary>('/tenants')) yield domain;
}
