import { formatAddress } from '../app/config/addresses.ts';
import type { Config } from '../app/config/config.ts';
import { lookAtMail } from '../checks/mail-hosts.ts';
import { propose } from '../checks/proposal.ts';
import { openPublicDns } from '../checks/public-dns.ts';
import type { Flaw } from '../flaws/flaw.ts';
import type { Hostname } from '../names/hostname.ts';
import { zoneLine } from '../tenant/records.ts';
import { ApiClient } from './api-client.ts';
import { askWhether } from './asking.ts';
import { domainOf, tenantPath } from './client.ts';
import { loadAccess, type Session } from './config.ts';
import { printEffect, printWarnings } from './effect.ts';
import { follow } from './follow.ts';
import { readLabels } from './label-option.ts';
import { CommandFailure, EXIT, print, printJson } from './printing.ts';
import type { ChangeOptions } from './tenant-change.ts';
import { paint } from './terminal.ts';
import type { ToldChange, ToldRecords } from './told.ts';

export interface AddOptions extends ChangeOptions {
  readonly mode?: string;
  readonly maxAge?: number;
  readonly mx?: readonly string[];
  readonly label?: readonly string[];
}

interface Wanted {
  readonly policy: { readonly mode: string; readonly max_age: number; readonly mx: readonly string[] };
  readonly findings: readonly Flaw[];
}

/** Milliseconds for all that DNS is asked. */
const DNS_TIME = 15_000;
const WEEK = 604_800;

/**
 * `postseal tenant add`: proposes a policy from where the domain's mail goes, creates the tenant, tells the records to
 * set, and follows the change until it is seen from outside or waits for a person.
 */
export async function addTenant(name: string, options: AddOptions, session: Session): Promise<void> {
  const { config, access } = loadAccess(session);
  const api = new ApiClient(access);
  const domain = domainOf(name);
  const { dryRun, yes, json, cause } = options;
  const { policy, findings } = await wantedPolicy(domain, options, config);
  const body = { domain, policy, ...(options.label !== undefined && { labels: readLabels(options.label) }) };
  const dry = await api.must<ToldChange>('POST', '/tenants', { body, query: { dry_run: true } });
  if (!json) tellProposal(domain, findings, dry.value);
  if (dryRun) return json ? printJson({ findings, ...dry.value }) : undefined;
  await askWhether(`Create the tenant ${domain}?`, yes);
  const { value: change } = await api.must<ToldChange>('POST', '/tenants', { body, query: { cause } });
  const records = await api.get<ToldRecords>(tenantPath(domain, '/records'));
  if (json) printJson({ findings, ...change, records: records.items });
  else tellRecords(records);
  await follow(api, domain, options);
  if (!json) print(`${domain} is announced, and its policy was seen from outside`);
}

async function wantedPolicy(domain: Hostname, options: AddOptions, config: Config): Promise<Wanted> {
  const { mode = 'testing', maxAge = WEEK, mx } = options;
  if (mx !== undefined || mode === 'none') {
    return { policy: { mode, max_age: maxAge, mx: mx ?? [] }, findings: [] };
  }
  const servers = config.dns.resolvers.map(formatAddress);
  const dns = openPublicDns({ timeout: DNS_TIME, ...(servers.length > 0 && { servers }) });
  const proposal = propose(await lookAtMail(domain, dns, AbortSignal.timeout(2 * DNS_TIME)));
  switch (proposal.outcome) {
    case 'pointless':
      throw new CommandFailure(`There is no policy to propose for ${domain}`, '', EXIT.flawed, [
        proposal.finding,
      ]);
    case 'unclear':
      throw new CommandFailure('Nothing was created', '', EXIT.unavailable, [proposal.finding]);
    case 'proposed':
      return { policy: { mode, max_age: maxAge, mx: proposal.policy.mx }, findings: proposal.findings };
  }
}

function tellProposal(domain: string, findings: readonly Flaw[], { effect }: ToldChange): void {
  print(paint('bold', domain));
  printEffect(effect);
  printWarnings(findings);
}

function tellRecords({ items }: ToldRecords): void {
  print('');
  print('Set these records in DNS:');
  for (const record of items) print(`  ${paint('cyan', zoneLine(record))}`);
  print('');
}
