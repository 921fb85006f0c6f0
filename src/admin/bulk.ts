import type { AuditEntry } from '../access/audit.ts';
import { covers } from '../access/scope.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { shapeFlaws } from '../flaws/schema.ts';
import { type Hostname, parsePolicyDomain } from '../names/hostname.ts';
import type { EditOutcome, EditRequest } from '../tenant/desk.ts';
import type { Answer } from './answer.ts';
import { actorOf, type Caller } from './caller.ts';
import { entryOf, hidden, outside, tellOutcome } from './edit.ts';
import type { Parts } from './parts.ts';
import { notFound, problem } from './problem.ts';
import { readJson } from './request-body.ts';
import { BulkLineReads } from './shapes/bulk.ts';
import { isWithin } from './within.ts';
import { textsOf } from './written-labels.ts';

const lineFlaws = shapeFlaws(BulkLineReads);

/** A line that can be tried, or what is wrong with it. */
type Line = { readonly number: number; readonly domain: Hostname | undefined } & (
  | { readonly request: EditRequest }
  | { readonly refused: Answer }
);

// With a result for each line, one with thousands of flaws must not make thousands of lines too many.
const MOST_FLAWS = 10;

// What was done is told and written into the audit so many lines at a time.
const BATCH = 100;

export interface BulkOptions {
  readonly caller: Caller;
  readonly dryRun: boolean;
  readonly cause: string | undefined;
  /** Whether to go on: whoever asked is there, and may. */
  isWanted(): boolean;
}

/** The lines of a body that have anything in them, each with its number. */
export function linesOf(body: Uint8Array): readonly { number: number; bytes: Uint8Array }[] {
  const lines: { number: number; bytes: Uint8Array }[] = [];
  let number = 0;
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(0x0a, start);
    const end = found < 0 ? body.length : found;
    const bytes = body.subarray(start, end);
    number += 1;
    if (bytes.some((byte) => byte > 0x20)) lines.push({ number, bytes });
    start = end + 1;
  }
  return lines;
}

/** Does each line as a request of its own, in their order, and tells what came of it. */
export async function* bulk(
  parts: Parts,
  lines: Iterable<{ number: number; bytes: Uint8Array }>,
  options: BulkOptions,
): AsyncGenerator<string, void> {
  const waiting: Line[] = [];
  const outcomes = parts.desk.editAll(requests(parts, lines, options, waiting))[Symbol.asyncIterator]();
  const told: string[] = [];
  const entries: AuditEntry[] = [];
  const flush = (): string => {
    // Into the audit before it is told.
    parts.audit.appendAll(entries.splice(0));
    return told.splice(0).join('');
  };
  for (let isOver = false; !isOver; ) {
    const next = await outcomes.next();
    isOver = next.done === true;
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
      if ('refused' in line) {
        told.push(tellRefusal(line, line.refused));
        continue;
      }
      if (next.done) break;
      const { edit, by, domain } = line.request;
      const entry = entryOf(edit, next.value, { at: parts.now(), by, domain, cause: options.cause });
      if (entry !== undefined) entries.push(entry);
      told.push(tellLine(line, hidden(next.value, domain, options.caller, parts.desk)));
      break;
    }
    if (told.length >= BATCH || isOver) yield flush();
  }
}

/** What can be tried; all lines go into `waiting`, to be told in their order. */
function* requests(
  { desk }: Parts,
  lines: Iterable<{ number: number; bytes: Uint8Array }>,
  options: BulkOptions,
  waiting: Line[],
): Generator<EditRequest, void> {
  for (const { number, bytes } of lines) {
    if (!options.isWanted()) return;
    const line = readLine(number, bytes, options, desk);
    waiting.push(line);
    if ('request' in line) yield line.request;
  }
}

function readLine(
  number: number,
  bytes: Uint8Array,
  { caller, dryRun, cause }: BulkOptions,
  desk: Parts['desk'],
): Line {
  const written = readWritten(bytes);
  if (!written.ok) return { number, domain: undefined, refused: refusal(written.flaws) };
  const { policy, labels, if_match: ifMatch } = written.value;
  const domain = parsePolicyDomain(written.value.domain);
  if (!domain.ok) {
    const flaws = domain.flaws.map((flaw) => ({ ...flaw, path: 'domain' }));
    return { number, domain: undefined, refused: refusal(flaws) };
  }
  const refused = outOfReach(caller, desk, { domain: domain.value, labels, isChange: ifMatch !== undefined });
  if (refused !== undefined) return { number, domain: domain.value, refused };
  const fields = { policy, ...(labels !== undefined && { labels }) };
  const request: EditRequest = {
    domain: domain.value,
    edit: { do: ifMatch === undefined ? 'create' : 'replace', ...fields },
    by: actorOf(caller),
    dryRun,
    ...(cause !== undefined && { cause }),
    ...(ifMatch !== undefined && ifMatch !== '*' && { ifMatch }),
  };
  return { number, domain: domain.value, request };
}

interface Wanted {
  readonly domain: Hostname;
  readonly labels: unknown;
  /** Of a tenant that is there, and not a new one. */
  readonly isChange: boolean;
}

/** What a token that is bound to some tenants is told of others: of those that are there, what it is told of any name. */
function outOfReach(
  { token: { only } }: Caller,
  desk: Parts['desk'],
  { domain, labels, isChange }: Wanted,
): Answer | undefined {
  if (only === undefined) return undefined;
  if (isChange && !isWithin(only, domain, desk)) return notFound('tenant');
  const staysTheirs = (isChange && labels === undefined) || covers(only, { domain, labels: textsOf(labels) });
  return staysTheirs ? undefined : outside();
}

interface Written {
  readonly domain: string;
  readonly policy: unknown;
  readonly labels?: unknown;
  readonly if_match?: string;
}

function readWritten(bytes: Uint8Array): Parsed<Written> {
  const value = readJson(bytes);
  if (!value.ok) return value;
  const flaws = lineFlaws(value.value);
  return flaws.length > 0 ? flawed(...flaws) : parsed(value.value as Written);
}

function refusal(flaws: readonly Flaw[]): Answer {
  return problem('flawed', { detail: 'The line was not tried.', errors: flaws.slice(0, MOST_FLAWS) });
}

/** A create of what is there already, word for word, has nothing to do: so a bulk request can be sent again. */
function tellLine(line: Line, outcome: EditOutcome | Answer): string {
  const { number, domain } = line;
  const result = { line: number, domain: domain ?? null, status: 200, etag: null, revision: null, id: null };
  if (!('outcome' in outcome)) return tellRefusal(line, outcome);
  if (outcome.outcome === 'exists' && outcome.isSame) {
    return told({ ...result, etag: outcome.etag, problem: null });
  }
  const { status, body } = tellOutcome(cut(outcome), 200);
  if (status >= 400) return told({ ...result, status, problem: body });
  if (outcome.outcome === 'would-do')
    return told({ ...result, id: outcome.effect.id ?? null, problem: null });
  const { tenant, revision } = outcome as Extract<EditOutcome, { readonly outcome: 'done' }>;
  const made = { etag: tenant?.etag ?? null, revision: revision?.number ?? null, id: revision?.id ?? null };
  return told({ ...result, ...made, problem: null });
}

function tellRefusal({ number, domain }: Line, { status, body }: Answer): string {
  const nothing = { etag: null, revision: null, id: null };
  return told({ line: number, domain: domain ?? null, status, ...nothing, problem: body });
}

function cut(outcome: EditOutcome): EditOutcome {
  return outcome.outcome === 'flawed' ? { ...outcome, flaws: outcome.flaws.slice(0, MOST_FLAWS) } : outcome;
}

function told(result: object): string {
  return `${JSON.stringify(result)}\n`;
}
