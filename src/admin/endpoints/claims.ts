import { type Claim, challengeName } from '../../tenant/claim.ts';
import { JSON_TYPE, ok } from '../answer.ts';
import { actorOf, type Caller } from '../caller.ts';
import { prove } from '../edit.ts';
import { endpoint } from '../endpoint.ts';
import { claimExample } from '../examples.ts';
import { notFound } from '../problem.ts';
import { ClaimShape } from '../shapes/claim.ts';
import { ChangeQuery, NoQuery, pageOfShape } from '../shapes/paging.ts';
import { iso } from '../tell-tenant.ts';
import { changeAnswers } from './change-answers.ts';

const common = { tag: 'claims', path: '/tenants/{domain}/claim', isForAnyName: true } as const;

const claims = (description: string) => ({
  description,
  content: {
    [JSON_TYPE]: { schema: pageOfShape(ClaimShape), example: { items: [claimExample], next: null } },
  },
});

export const getClaim = endpoint({
  ...common,
  id: 'getClaim',
  method: 'GET',
  needs: 'viewer',
  summary: 'Look at the claims of a domain',
  description:
    'A token that is bound to some tenants may have a new one only once it is shown that whoever holds it controls the domain: until then creating it makes a claim.',
  query: NoQuery,
  answers: {
    200: claims('Claims that are not yet proven, those of the caller alone where the token is bound.'),
  },
  handle({ desk }, { caller, domain }) {
    const open = desk.claims(actorOf(caller)).filter((claim) => claim.domain === domain);
    return open.length === 0 ? notFound('claim') : ok(tell(open, caller));
  },
});

export const proveClaim = endpoint({
  ...common,
  id: 'proveClaim',
  method: 'POST',
  needs: 'operator',
  summary: 'Have a claim looked at now',
  description: 'Where it is proven, the tenant is created as it was wanted.',
  query: NoQuery,
  answers: {
    201: changeAnswers(201, 'It is proven, and the tenant was created.')[201] ?? { description: '' },
  },
  problems: ['unproven', 'exists', 'flawed'],
  handle: (parts, { caller, domain }) => prove(parts, caller, domain),
});

export const withdrawClaim = endpoint({
  ...common,
  id: 'withdrawClaim',
  method: 'DELETE',
  needs: 'operator',
  summary: 'Withdraw a claim',
  query: ChangeQuery,
  answers: { 200: claims('What was withdrawn; or would be, with dry_run.') },
  handle({ desk, audit, now }, { caller, domain, query }) {
    const by = actorOf(caller);
    const open = desk.claims(by).filter((claim) => claim.domain === domain);
    if (open.length === 0) return notFound('claim');
    if (query.dry_run === true) return ok(tell(open, caller));
    if (!desk.withdraw(domain, by)) return notFound('claim');
    const entry = { at: now(), by, action: 'claim.withdraw', domain, before: undefined, after: undefined };
    audit.append({ ...entry, cause: 'asked for' });
    return ok(tell(open, caller));
  },
});

function tell(open: readonly Claim[], { token }: Caller) {
  return { items: open.map((claim) => tellClaim(claim, token.only !== undefined)), next: null };
}

function tellClaim({ domain, challenge, wanted, at, expiresAt }: Claim, isTheirs: boolean) {
  const record = { name: challengeName(domain), type: 'TXT', value: challenge };
  return { domain, record: isTheirs ? record : null, wanted, at: iso(at), expires_at: iso(expiresAt) };
}
