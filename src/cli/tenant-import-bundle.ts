import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTenantFiles } from '../store/files/tenant-files.ts';
import { BUNDLE } from '../tenant/bundle.ts';
import type { ToldLedger } from '../tenant/ledger.ts';
import { openClient, tenantPath } from './client.ts';
import type { Session } from './config.ts';
import type { ImportOptions } from './import-options.ts';
import { CommandFailure, EXIT, flawLines, print, printJson, tell } from './printing.ts';
import { failureOf, type Problem, problemName } from './problem.ts';
import type { ToldAdoption } from './told.ts';

// Requests under way at once.
const AT_ONCE = 8;

/** What came of one domain of an export. */
interface Result {
  readonly domain: string;
  readonly problem: Problem | null;
  readonly id: string | null;
}

/**
 * Brings an export into a server: each tenant with all that was ever served of it, so that no id comes back and leaving
 * waits for whoever may hold it. What is there already stays as it is.
 */
export async function importBundle(folder: string, options: ImportOptions, session: Session): Promise<void> {
  const api = openClient(session);
  const ledgers = readLedgers(join(folder, BUNDLE.ledger));
  const { tenants, flaws } = readTenantFiles(join(folder, BUNDLE.documents));
  const { dryRun, cause } = options;
  const query = { cause, ...(dryRun && { dry_run: true }) };
  const results: Result[] = [];
  const queue = tenants.values();
  const work = async () => {
    for (const { tenant } of queue) {
      const { domain, policy, labels } = tenant;
      const body = { policy, labels, earlier: earlierOf(ledgers.get(domain)) };
      const reply = await api.ask<ToldAdoption>('POST', tenantPath(domain, '/adopt'), { body, query });
      const result = reply.ok
        ? { domain, problem: null, id: reply.value.effect.id }
        : { domain, problem: reply.problem, id: null };
      if (options.json) printJson(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const there = results.filter(({ problem }) => problem !== null && problemName(problem) === 'exists');
  const failed = results.filter((result) => result.problem !== null && !there.includes(result));
  const made = results.length - there.length - failed.length;
  if (!options.json) print(`${made} ${dryRun ? 'would be ' : ''}created, ${there.length} were there already`);
  if (failed.length + flaws.length === 0) return;
  for (const { domain, problem } of options.json ? [] : failed)
    if (problem !== null) tellFailed(domain, problem);
  const remedy = 'Mend what is told and repeat it: what was done stays as it is';
  throw new CommandFailure(
    `${failed.length + flaws.length} could not be imported`,
    remedy,
    EXIT.flawed,
    flaws,
  );
}

function readLedgers(file: string): ReadonlyMap<string, ToldLedger> {
  const { domains } = JSON.parse(readFileSync(file, 'utf8')) as { readonly domains: readonly ToldLedger[] };
  return new Map(domains.map((ledger) => [ledger.domain, ledger]));
}

function earlierOf(ledger: ToldLedger | undefined) {
  const revisions = ledger?.revisions ?? [];
  return revisions.map(({ id, text, served_from, served_until }) => ({
    id,
    text,
    served_from,
    served_until,
  }));
}

function tellFailed(domain: string, problem: Problem): void {
  const failure = failureOf(problem);
  tell(`${domain}: ${failure.message}`);
  for (const line of failure.flaws.flatMap(flawLines)) tell(line);
  if (failure.flaws.length === 0) tell(`    ${failure.remedy}`);
}
