import type { Edit, EditOutcome, TenantView } from '../tenant/desk.ts';
import { type Answer, ok } from './answer.ts';
import { actorOf } from './caller.ts';
import type { Input } from './endpoint.ts';
import { etagHeader, names } from './etag.ts';
import type { Parts } from './parts.ts';
import { notFound, problem } from './problem.ts';
import { tellEffect, tellRevision, tellTenant } from './tell-tenant.ts';

type Change = Pick<Input<{ readonly dry_run?: boolean }, unknown>, 'caller' | 'domain' | 'query' | 'ifMatch'>;

/**
 * Changes a tenant that is there, by a request that has to name the document that it was made for: 428 where it names
 * none and 412 where it names another (RFC 6585 section 3, RFC 9110 section 13.1.1).
 */
export async function change(parts: Parts, input: Change, edit: Edit, done = 200): Promise<Answer> {
  const { domain, ifMatch } = input;
  const tenant = parts.desk.view(domain);
  if (tenant === undefined) return notFound('tenant');
  if (ifMatch === undefined) return preconditionRequired();
  const etag = etagOf(tenant);
  if (!names(ifMatch, etag, true)) return stale(tenant);
  return make(parts, input, edit, done, etag);
}

/** Makes an edit, writes it into the audit, and tells what came of it. */
export async function make(
  { desk, audit, now }: Parts,
  { caller, domain, query }: Change,
  edit: Edit,
  done: number,
  ifMatch?: string,
): Promise<Answer> {
  const by = actorOf(caller);
  const dryRun = query.dry_run === true;
  const outcome = await desk.edit({ domain, edit, by, dryRun, ...(ifMatch !== undefined && { ifMatch }) });
  if (outcome.outcome === 'done') {
    const { before, after } = outcome.effect;
    const cause = outcome.revision?.id ?? 'nothing changed for senders';
    audit.append({ at: now(), by, action: `tenant.${edit.do}`, domain, before, after, cause });
  }
  return tell(outcome, done);
}

/** The tag of a tenant's document; of one whose file is gone, of its newest revision. */
export function etagOf({ document, newest }: TenantView): string {
  return document?.etag ?? newest.id;
}

function tell(outcome: EditOutcome, done: number): Answer {
  switch (outcome.outcome) {
    case 'done': {
      const { tenant, effect, revision } = outcome;
      const body = {
        dry_run: false,
        tenant: tenant === undefined ? null : tellTenant(tenant),
        revision: revision === undefined ? null : tellRevision(revision),
        effect: tellEffect(effect),
      };
      return { status: done, headers: tenant === undefined ? {} : etagHeader(etagOf(tenant)), body };
    }
    case 'would-do':
      return ok({ dry_run: true, tenant: null, revision: null, effect: tellEffect(outcome.effect) });
    case 'flawed':
      return problem('flawed', { detail: 'Nothing was changed. Each flaw is told.', errors: outcome.flaws });
    case 'exists':
      return problem('exists', {
        detail: 'The tenant is there already. Look at it, and change it with PUT and If-Match.',
      });
    case 'not-found':
      return notFound('tenant');
    case 'conflict': {
      const { etag = null, yours, theirs = null } = outcome;
      const detail =
        'The file was edited meanwhile. Nothing was changed: bring both texts together and try with the new tag.';
      return problem('conflict', { detail, etag, yours, theirs });
    }
    case 'unproven': {
      const detail =
        'Show first that the domain is yours: set the record that is told, or let its policy host lead here.';
      return problem('unproven', { detail, errors: outcome.flaws });
    }
    case 'unavailable':
      return unavailable(outcome.why, outcome.remedy);
  }
}

export function unavailable(why: string, remedy: string): Answer {
  const detail = `Nothing was changed. ${why}. ${remedy}. What is served goes on being served.`;
  return problem('unavailable', { detail }, { 'retry-after': '5' });
}

function preconditionRequired(): Answer {
  const detail = 'Send If-Match with the ETag of the document that the change was made for, as GET told it.';
  return problem('precondition-required', { detail });
}

function stale(tenant: TenantView): Answer {
  const detail = 'The document is not the one that the change was made for. Look at it again, and try anew.';
  const { document } = tenant;
  return problem('stale', { detail, etag: etagOf(tenant), theirs: document?.text ?? null });
}
