import type { ApiClient } from './api-client.ts';
import { domainOf, openClient, tenantPath } from './client.ts';
import type { Session } from './config.ts';
import { printWarnings } from './effect.ts';
import { labelsText, modeCell } from './looks.ts';
import { fromNow, span } from './moment.ts';
import { print, printJson } from './printing.ts';
import { stageRows } from './publication.ts';
import type { Cell, Row } from './table.ts';
import { paint, printRows } from './terminal.ts';
import type { ToldCertificate, ToldPolicy, ToldPublication, ToldTenant } from './told.ts';

/** `postseal tenant show`: the tenant, where its newest revision is, and its certificate. */
export async function showTenant(
  name: string,
  { json }: { json?: boolean },
  session: Session,
): Promise<void> {
  const api = openClient(session);
  const domain = domainOf(name);
  const tenant = await api.get<ToldTenant>(tenantPath(domain));
  const publication = await standing<ToldPublication>(api, domain, '/publication');
  const certificate = await standing<ToldCertificate>(api, domain, '/certificate');
  if (json) return printJson({ ...tenant, publication, certificate });
  print(paint('bold', domain));
  printRows(rowsOf(tenant, certificate));
  printWarnings(tenant.flaws);
  if (publication !== null) {
    print('');
    printRows(stageRows(publication));
  }
}

/** `postseal tenant policy`: the very bytes that are served. */
export async function showPolicy(
  name: string,
  { json }: { json?: boolean },
  session: Session,
): Promise<void> {
  const api = openClient(session);
  const domain = domainOf(name);
  if (json) return printJson(await api.get<ToldPolicy>(tenantPath(domain, '/policy')));
  const { revision } = await api.get<ToldTenant>(tenantPath(domain));
  process.stdout.write(revision.text);
}

/** Null where there is nothing to tell yet. */
async function standing<T>(api: ApiClient, domain: string, path: string): Promise<T | null> {
  const reply = await api.ask<T>('GET', tenantPath(domain, path));
  return reply.ok ? reply.value : null;
}

function rowsOf(
  { policy, revision, labels }: ToldTenant,
  certificate: ToldCertificate | null,
): readonly Row[] {
  const { number, id, at, actor, cause } = revision;
  const changed = `${fromNow(Date.parse(at), Date.now())} by ${actor}: ${cause}`;
  return [
    row('mode', modeCell(policy.mode)),
    row('max_age', { text: `${span(policy.max_age)} (${policy.max_age})` }),
    ...policy.mx.map((mx, index) => row(index === 0 ? 'mx' : '', { text: mx })),
    row('id', { text: id }),
    row('revision', { text: `${number}, ${changed}` }),
    ...(Object.keys(labels).length === 0 ? [] : [row('labels', { text: labelsText(labels) })]),
    ...(certificate === null ? [] : [certificateRow(certificate)]),
  ];
}

function certificateRow({ state, issuer, not_after, why, remedy }: ToldCertificate): Row {
  const from = issuer === null ? '' : ` from ${issuer}`;
  const end = not_after === null ? '' : `, ends ${fromNow(Date.parse(not_after), Date.now())}`;
  const cell: Cell = { text: `${state}${from}${end}`, style: state === 'valid' ? 'green' : 'yellow' };
  const notes = [why, remedy].filter((text) => text !== '').map((text): Cell => ({ text, style: 'yellow' }));
  return { ...row('certificate', cell), notes };
}

function row(title: string, cell: Cell): Row {
  return { cells: [{ text: `  ${title}`, style: 'dim' }, cell] };
}
