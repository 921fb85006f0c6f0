import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Flaw } from '../flaws/flaw.ts';
import { readTenantFiles } from '../store/files/tenant-files.ts';
import { BUNDLE } from '../tenant/bundle.ts';
import type { ApiClient } from './api-client.ts';
import { openClient } from './client.ts';
import type { Session } from './config.ts';
import type { ImportOptions } from './import-options.ts';
import { jsonLines } from './json-lines.ts';
import { CommandFailure, EXIT, flawLines, print, printJson, tell } from './printing.ts';
import { failureOf, problemName } from './problem.ts';
import { importBundle } from './tenant-import-bundle.ts';
import type { ToldBulkResult } from './told.ts';

/** A line to send, and how whoever wrote it finds it again. */
interface Line {
  readonly place: string;
  readonly text: string;
}

interface Failed {
  readonly line: Line;
  readonly result: ToldBulkResult;
}

// Lines sent at once: far below what the API takes, and enough to make the way there and back count for little.
const BATCH = 2_000;
const LINES_TYPE = 'application/x-ndjson';

/**
 * `postseal tenant import`: creates many tenants, from JSON lines or from a folder of documents, or from an export with its ledger. A line that fails fails
 * alone, and all of it may be repeated: what is there already, word for word, is left as it is.
 */
export async function importTenants(source: string, options: ImportOptions, session: Session): Promise<void> {
  if (existsSync(join(source, BUNDLE.ledger))) return importBundle(source, options, session);
  const api = openClient(session);
  const { lines, flaws } = await readSource(source);
  const made = { done: 0, same: 0 };
  const failed: Failed[] = [];
  const send = async (batch: readonly Line[]) => {
    for await (const { line, result } of sent(api, batch, options)) {
      if (options.json) printJson({ place: line.place, ...result });
      if (result.problem !== null) failed.push({ line, result });
      else if (result.revision === null && !options.dryRun) made.same += 1;
      else made.done += 1;
    }
  };
  for (let start = 0; start < lines.length; start += BATCH) await send(lines.slice(start, start + BATCH));
  if (!options.json) tellMade(made, options);
  finish(failed, flaws, options);
}

/** The lines, and what is wrong with files that give none. */
async function readSource(source: string): Promise<{ lines: readonly Line[]; flaws: readonly Flaw[] }> {
  if (source === '-') return { lines: linesOf(await text(process.stdin)), flaws: [] };
  try {
    if (!statSync(source).isDirectory()) return { lines: linesOf(readFileSync(source, 'utf8')), flaws: [] };
    const { tenants, flaws } = readTenantFiles(source);
    return {
      lines: tenants.map(({ file, tenant }) => ({ place: file, text: JSON.stringify(tenant) })),
      flaws,
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CommandFailure(`${source} can't be read (${code})`, 'Correct its name', EXIT.usage);
  }
}

function linesOf(content: string): readonly Line[] {
  return content
    .split('\n')
    .map((line, index) => ({ place: `line ${index + 1}`, text: line.trim() }))
    .filter((line) => line.text !== '');
}

/** Each line with what came of it. */
async function* sent(
  api: ApiClient,
  lines: readonly Line[],
  options: ImportOptions,
): AsyncIterable<{ readonly line: Line; readonly result: ToldBulkResult }> {
  const { dryRun, cause } = options;
  const request = {
    query: { cause, ...(dryRun && { dry_run: true }) },
    headers: { 'content-type': LINES_TYPE, accept: LINES_TYPE },
    body: lines.map((line) => `${line.text}\n`).join(''),
  };
  const there: Line[] = [];
  let answered = 0;
  for await (const value of jsonLines(await api.stream('POST', '/tenants/bulk', request))) {
    const result = value as ToldBulkResult;
    const line = lines[result.line - 1];
    if (line === undefined) continue;
    answered += 1;
    const isThere = result.problem !== null && problemName(result.problem) === 'exists';
    if (isThere && options.update) there.push(withMatch(line));
    else yield { line, result };
  }
  if (answered < lines.length) {
    const remedy = 'Repeat it: what was done stays as it is';
    throw new CommandFailure('The server ended before all lines were done', remedy, EXIT.unavailable);
  }
  if (there.length > 0) yield* sent(api, there, { ...options, update: false });
}

/** The line as one that changes what is there, whatever that is. */
function withMatch(line: Line): Line {
  return { ...line, text: JSON.stringify({ ...(JSON.parse(line.text) as object), if_match: '*' }) };
}

function tellMade({ done, same }: { done: number; same: number }, { dryRun, update }: ImportOptions): void {
  const what = update ? 'created or changed' : 'created';
  print(`${done} ${dryRun ? `would be ${what}` : what}, ${same} were there already as they are`);
}

/** Tells what failed, each with its place, and sets the exit code. */
function finish(failed: readonly Failed[], flaws: readonly Flaw[], { json }: ImportOptions): void {
  if (failed.length === 0 && flaws.length === 0) return;
  for (const { line, result } of json ? [] : failed) {
    if (result.problem === null) continue;
    const failure = failureOf(result.problem);
    tell(`${line.place}${result.domain === null ? '' : ` (${result.domain})`}: ${failure.message}`);
    for (const each of failure.flaws.flatMap(flawLines)) tell(each);
    if (failure.flaws.length === 0) tell(`    ${failure.remedy}`);
  }
  const count = failed.length + flaws.length;
  const remedy = 'Mend what is told and repeat it: what was done stays as it is';
  throw new CommandFailure(`${count} could not be imported`, remedy, EXIT.flawed, flaws);
}
