import Type from 'typebox';
import type { AuditLine } from '../../access/audit.ts';
import type { AuditQuery } from '../../access/audit-store.ts';
import { reaches } from '../../access/scope.ts';
import { type Hostname, parsePolicyDomain } from '../../names/hostname.ts';
import { JSON_TYPE, ok } from '../answer.ts';
import { badQuery } from '../bad-query.ts';
import type { Caller } from '../caller.ts';
import { cursorOf, readCursor } from '../cursor.ts';
import { endpoint } from '../endpoint.ts';
import { auditExample } from '../examples.ts';
import type { Parts } from '../parts.ts';
import { AuditLineShape } from '../shapes/audit.ts';
import { When } from '../shapes/named.ts';
import { pageOfShape, paging, USUAL_ITEMS } from '../shapes/paging.ts';
import { iso } from '../tell-tenant.ts';
import { isWithin } from '../within.ts';

const AuditListQuery = Type.Object(
  {
    ...paging,
    actor: Type.Optional(Type.String({ description: 'who did it, such as token:console' })),
    action: Type.Optional(Type.String({ description: 'what was done, such as tenant.replace' })),
    domain: Type.Optional(Type.String({ description: 'the tenant that it was done to' })),
    since: Type.Optional(When),
    until: Type.Optional(When),
  },
  { additionalProperties: false },
);

export const listAudit = endpoint({
  id: 'listAudit',
  tag: 'audit',
  method: 'GET',
  path: '/audit',
  needs: 'viewer',
  summary: 'Look at the audit',
  description:
    'The newest lines first. Each is chained to the one before by its hash, so that a line that was changed or taken out shows: `postseal audit verify`. ' +
    'What was done to no tenant is told to admins alone; a token that is bound to some tenants sees their lines alone. ' +
    'A page may have fewer lines than asked for, and go on.',
  query: AuditListQuery,
  answers: {
    200: {
      description: 'A page of lines.',
      content: {
        [JSON_TYPE]: {
          schema: pageOfShape(AuditLineShape),
          example: { items: [auditExample], next: cursorOf('17') },
        },
      },
    },
  },
  handle(parts, { caller, query }) {
    const { cursor, limit = USUAL_ITEMS, actor, action, since, until } = query;
    const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(readCursor(cursor));
    if (!Number.isSafeInteger(before))
      return badQuery('cursor', 'It is no cursor', 'Send the "next" of a page as it is');
    const domain = query.domain === undefined ? undefined : parsePolicyDomain(query.domain);
    if (domain?.ok === false) return badQuery('domain', 'It is no domain', 'Name a tenant, or leave it out');
    const wanted = {
      ...(actor !== undefined && { actor }),
      ...(action !== undefined && { action }),
      ...(domain !== undefined && { domain: domain.value }),
      ...(since !== undefined && { since: Date.parse(since) }),
      ...(until !== undefined && { until: Date.parse(until) }),
    };
    return ok(pageFor(caller, wanted, before, limit, parts));
  },
});

// Lines looked at for one page; where most are not the caller's to see, the page is short, and goes on.
const MOST_READ = 5_000;
const BATCH = 500;

function pageFor(
  caller: Caller,
  wanted: Omit<AuditQuery, 'before' | 'most'>,
  before: number,
  limit: number,
  { audit, desk }: Parts,
) {
  const items: AuditLine[] = [];
  const maySee = seer(caller, desk);
  let last = before;
  for (let read = 0; read < MOST_READ; read += BATCH) {
    const batch = audit.find({ ...wanted, before: last, most: BATCH });
    for (const line of batch) {
      if (items.length === limit) return { items: items.map(tell), next: cursorOf(String(last)) };
      last = line.number;
      if (maySee(line)) items.push(line);
    }
    if (batch.length < BATCH) return { items: items.map(tell), next: null };
  }
  return { items: items.map(tell), next: cursorOf(String(last)) };
}

function seer({ token: { scope, only } }: Caller, desk: Parts['desk']): (line: AuditLine) => boolean {
  const known = new Map<Hostname, boolean>();
  return ({ domain }) => {
    if (domain === undefined) return only === undefined && reaches(scope, 'admin');
    if (only === undefined) return true;
    const before = known.get(domain);
    if (before !== undefined) return before;
    const isTheirs = isWithin(only, domain, desk);
    known.set(domain, isTheirs);
    return isTheirs;
  };
}

function tell({ number, at, by, action, domain, before, after, cause, hash }: AuditLine) {
  return {
    ...{ number, at: iso(at), actor: by.name, address: by.address, action, domain: domain ?? null },
    ...{ before: before ?? null, after: after ?? null, cause, hash },
  };
}
