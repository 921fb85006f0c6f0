import type { AuditEntry } from '../access/audit.ts';
import type { Hostname } from '../names/hostname.ts';
import type { Edit, EditOutcome, TenantDesk, TenantView } from '../tenant/desk.ts';
import { type Answer, ok } from './answer.ts';
import { actorOf, type Caller } from './caller.ts';
import type { Input } from './endpoint.ts';
import { etagHeader, names } from './etag.ts';
import type { Parts } from './parts.ts';
import { notFound, problem } from './problem.ts';
import { tellEffect, tellRevision, tellTenant } from './tell-tenant.ts';
import { isWithin } from './within.ts';

type ChangeQuery = { readonly dry_run?: boolean; readonly cause?: string };
type Change = Pick<Input<ChangeQuery, unknown>, 'caller' | 'domain' | 'query' | 'ifMatch'>;

/**
 * Changes a tenant that is there, by a request that has to name the document that it was made for: 428 where it names
 * none (RFC 6585 section 3), 412 where it was changed by another request since (RFC 9110 section 13.1.1), and 409
 * where somebody edited the file.
 */
export async function change(parts: Parts, input: Change, edit: Edit, done = 200): Promise<Answer> {
  const { domain, ifMatch } = input;
  const tenant = parts.desk.view(domain);
  if (tenant === undefined) return notFound('tenant');
  if (ifMatch === undefined) return preconditionRequired();
  // A tag that is not the document's is left to the desk, which tells both texts.
  const wanted = names(ifMatch, tenant.etag, true) ? tenant.etag : NO_TAG;
  return make(parts, input, edit, done, wanted);
}

// No document has it.
const NO_TAG = 'none';

/** Makes an edit, writes it into the audit, and tells what came of it. */
export async function make(
  parts: Parts,
  change: Change,
  edit: Edit,
  done: number,
  ifMatch?: string,
): Promise<Answer> {
  const { caller, domain, query } = change;
  const by = actorOf(caller);
  const { dry_run: dryRun = false, cause } = query;
  const request = { domain, edit, by, dryRun, ...(cause !== undefined && { cause }) };
  const outcome = await parts.desk.edit({ ...request, ...(ifMatch !== undefined && { ifMatch }) });
  const entry = entryOf(edit, outcome, { at: parts.now(), by, domain, cause });
  if (entry !== undefined) parts.audit.append(entry);
  if (outcome.outcome === 'conflict') return overtaken(outcome, parts.desk.view(domain));
  const told = hidden(outcome, domain, caller, parts.desk);
  return 'outcome' in told ? tellOutcome(told, done) : told;
}

/** Has a claim looked at, whose tenant is then created. */
export async function prove(parts: Parts, caller: Caller, domain: Hostname): Promise<Answer> {
  const by = actorOf(caller);
  const outcome = await parts.desk.prove(domain, by);
  const context = { at: parts.now(), by, domain, cause: 'claim proven' };
  const entry = entryOf({ do: 'create', policy: undefined }, outcome, context);
  if (entry !== undefined) parts.audit.append(entry);
  const told = hidden(outcome, domain, caller, parts.desk);
  if (!('outcome' in told)) return told;
  return told.outcome === 'not-found' ? notFound('claim') : tellOutcome(told, 201);
}

/** What came of an edit, but for what it would tell of a tenant that is none of the caller's. */
export function hidden(
  outcome: EditOutcome,
  domain: Hostname,
  { token: { only } }: Caller,
  desk: TenantDesk,
): EditOutcome | Answer {
  if (outcome.outcome !== 'exists' || only === undefined || isWithin(only, domain, desk)) return outcome;
  return problem('forbidden', { detail: 'The name can not be had with this token.' });
}

export function outside(): Answer {
  const detail = 'The tenant would be none of those that the token is bound to.';
  return problem('forbidden', { detail });
}

/** The line of the audit for an edit; none where nothing was done. */
export function entryOf(
  edit: Edit,
  outcome: EditOutcome,
  { cause, ...context }: Pick<AuditEntry, 'at' | 'by' | 'domain'> & { readonly cause: string | undefined },
): AuditEntry | undefined {
  if (outcome.outcome !== 'done') return undefined;
  const { before, after, id } = outcome.effect;
  const why = [cause, id].filter((text) => text !== undefined).join(': ');
  return { ...context, action: `tenant.${edit.do}`, before, after, cause: why };
}

/** What came of an edit; `done` is the status of one that was made. */
export function tellOutcome(outcome: EditOutcome, done: number): Answer {
  switch (outcome.outcome) {
    case 'done': {
      const { tenant, effect, revision } = outcome;
      const body = {
        dry_run: false,
        tenant: tenant === undefined ? null : tellTenant(tenant),
        revision: revision === undefined ? null : tellRevision(revision),
        effect: tellEffect(effect),
      };
      return { status: done, headers: tenant === undefined ? {} : etagHeader(tenant.etag), body };
    }
    case 'would-do':
      return ok({ dry_run: true, tenant: null, revision: null, effect: tellEffect(outcome.effect) });
    case 'flawed':
      return problem('flawed', { detail: 'Nothing was changed. Each flaw is told.', errors: outcome.flaws });
    case 'exists':
      return problem('exists', {
        detail: 'The tenant is there already. Look at it, and change it with PUT and If-Match.',
        etag: outcome.etag,
      });
    case 'not-found':
      return notFound('tenant');
    case 'conflict':
      return overtaken(outcome, undefined);
    case 'unproven': {
      const detail =
        'Show first that the domain is yours: set the record that is told, or let its policy host lead here.';
      return problem('unproven', { detail, errors: outcome.flaws });
    }
    case 'unavailable':
      return unavailable(outcome.why, outcome.remedy);
  }
}

/** `what` became of the request: where nobody can tell, it is not said that nothing was changed. */
export function unavailable(why: string, remedy: string, what = 'Nothing was changed'): Answer {
  const detail = `${what}. ${why}. ${remedy}. What is served goes on being served.`;
  return problem('unavailable', { detail }, { 'retry-after': '5' });
}

function preconditionRequired(): Answer {
  const detail = 'Send If-Match with the ETag of the document that the change was made for, as GET told it.';
  return problem('precondition-required', { detail });
}

type Conflict = Extract<EditOutcome, { readonly outcome: 'conflict' }>;

/** The document is another one by now: by a request like this, or by hand. */
function overtaken({ etag, yours, theirs }: Conflict, tenant: TenantView | undefined): Answer {
  const isByRequest = tenant?.newest.actor.startsWith('token:') === true;
  const who = isByRequest ? 'Another request changed the document' : 'Somebody edited the file';
  const detail = `${who} meanwhile. Nothing was changed: bring both texts together, and try with the new tag.`;
  return problem(isByRequest ? 'stale' : 'conflict', {
    ...{ detail, yours, etag: etag ?? null, theirs: theirs ?? null },
  });
}
