import Type from 'typebox';
import { covers } from '../../access/scope.ts';
import { parsePolicyDomain } from '../../names/hostname.ts';
import type { TenantQuery } from '../../tenant/desk.ts';
import { JSON_TYPE, ok } from '../answer.ts';
import { badQuery } from '../bad-query.ts';
import { cursorOf, pageOf, readCursor } from '../cursor.ts';
import { change, make, outside } from '../edit.ts';
import { endpoint } from '../endpoint.ts';
import { etagHeader } from '../etag.ts';
import { newTenantExample, summaryExample, tenantExample, writtenTenantExample } from '../examples.ts';
import { readLabels } from '../label-query.ts';
import { notFound, problem } from '../problem.ts';
import {
  NoQuery,
  pageOfShape,
  paging,
  TenantChangeQuery,
  tenantChange,
  USUAL_ITEMS,
} from '../shapes/paging.ts';
import {
  Mode,
  NewTenantReads,
  NewTenantShape,
  Stage,
  TenantShape,
  TenantSummaryShape,
  WrittenTenantReads,
  WrittenTenantShape,
} from '../shapes/tenant.ts';
import { tellSummary, tellTenant } from '../tell-tenant.ts';
import { textsOf } from '../written-labels.ts';
import { CHANGE_PROBLEMS, changeAnswers } from './change-answers.ts';

const tag = 'tenants';

const ListQuery = Type.Object(
  {
    ...paging,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 253, description: 'a piece of the domain' })),
    mode: Type.Optional(Mode),
    stage: Type.Optional(Stage),
    label: Type.Optional(
      Type.Array(Type.String(), { maxItems: 10, description: 'labels that it must have, each key:value' }),
    ),
  },
  { additionalProperties: false },
);

export const listTenants = endpoint({
  id: 'listTenants',
  tag,
  method: 'GET',
  path: '/tenants',
  needs: 'viewer',
  summary: 'List tenants',
  description: 'In the order of their domains; a token that is bound to some tenants sees these alone.',
  query: ListQuery,
  answers: {
    200: {
      description: 'A page of tenants.',
      content: {
        [JSON_TYPE]: {
          schema: pageOfShape(TenantSummaryShape),
          example: { items: [summaryExample], next: cursorOf('example.com') },
        },
      },
    },
  },
  handle({ desk }, { caller, query }) {
    const after = query.cursor === undefined ? '' : readCursor(query.cursor);
    if (after === undefined)
      return badQuery('cursor', 'It is no cursor', 'Send the "next" of a page as it is');
    const labels = readLabels(query.label ?? []);
    if (!labels.ok) return problem('bad-request', { detail: 'A label is flawed.', errors: labels.flaws });
    const { limit = USUAL_ITEMS, name, mode, stage } = query;
    const { only } = caller.token;
    const wanted: TenantQuery = {
      after,
      limit: limit + 1,
      ...(name !== undefined && { name: name.toLowerCase() }),
      ...(mode !== undefined && { mode }),
      ...(stage !== undefined && { stage }),
      ...(query.label !== undefined && { labels: labels.value }),
      ...(only !== undefined && { only }),
    };
    return ok(pageOf(desk.list(wanted), limit, ({ domain }) => domain, tellSummary));
  },
});

export const createTenant = endpoint({
  id: 'createTenant',
  tag,
  method: 'POST',
  path: '/tenants',
  needs: 'operator',
  summary: 'Create a tenant',
  description: 'Writes its document. A token that is bound to some tenants creates these alone.',
  query: TenantChangeQuery,
  body: { schema: NewTenantShape, reads: NewTenantReads, example: newTenantExample },
  answers: changeAnswers(201, 'The tenant was created.'),
  problems: ['exists', 'unproven'],
  async handle(parts, { caller, query, body, ifMatch }) {
    const domain = parsePolicyDomain(body.domain);
    if (!domain.ok) {
      const errors = domain.flaws.map((flaw) => ({ ...flaw, path: 'domain' }));
      return problem('flawed', { detail: 'The domain is flawed.', errors });
    }
    const { policy, labels } = body;
    const { only } = caller.token;
    if (only !== undefined && !covers(only, { domain: domain.value, labels: textsOf(labels) }))
      return outside();
    const written = { policy, ...(labels !== undefined && { labels }) };
    const input = { caller, query, ifMatch, domain: domain.value };
    const answer = await make(parts, input, { do: 'create', ...written }, 201);
    if (answer.status !== 201) return answer;
    return { ...answer, headers: { ...answer.headers, location: `/api/v1/tenants/${domain.value}` } };
  },
});

export const getTenant = endpoint({
  id: 'getTenant',
  tag,
  method: 'GET',
  path: '/tenants/{domain}',
  needs: 'viewer',
  summary: 'Look at a tenant',
  query: NoQuery,
  answers: {
    200: {
      description: 'The tenant with its document.',
      headers: ['etag'],
      content: { [JSON_TYPE]: { schema: TenantShape, example: tenantExample } },
    },
  },
  handle({ desk }, { domain }) {
    const tenant = desk.view(domain);
    return tenant === undefined ? notFound('tenant') : ok(tellTenant(tenant), etagHeader(tenant.etag));
  },
});

export const replaceTenant = endpoint({
  id: 'replaceTenant',
  tag,
  method: 'PUT',
  path: '/tenants/{domain}',
  needs: 'operator',
  summary: 'Change a tenant',
  description:
    'Policy, and labels where they are sent. Comments and order of the document stay as they are. The policy id changes if and only if the served bytes do.',
  query: TenantChangeQuery,
  body: { schema: WrittenTenantShape, reads: WrittenTenantReads, example: writtenTenantExample },
  answers: changeAnswers(200, 'The tenant as it is now; or, with dry_run, the effect alone.'),
  problems: CHANGE_PROBLEMS,
  handle(parts, input) {
    const { policy, labels } = input.body;
    const { only } = input.caller.token;
    const { domain } = input;
    // Nobody moves a tenant out of their own sight, and into somebody else's.
    if (only && labels !== undefined && !covers(only, { domain, labels: textsOf(labels) })) return outside();
    return change(parts, input, { do: 'replace', policy, ...(labels !== undefined && { labels }) });
  },
});

const LeaveQuery = Type.Object(
  {
    ...tenantChange,
    force: Type.Optional(
      Type.Boolean({ description: 'true to stop serving at once, whatever that breaks at senders' }),
    ),
  },
  { additionalProperties: false },
);

export const deleteTenant = endpoint({
  id: 'deleteTenant',
  tag,
  method: 'DELETE',
  path: '/tenants/{domain}',
  needs: 'operator',
  summary: 'Let a tenant leave',
  description:
    'Through mode none, as RFC 8461 section 8.3 says: it goes by itself when no sender can hold an earlier policy. With force=true it is served no more at once, and the effect tells what that breaks.',
  query: LeaveQuery,
  answers: {
    ...changeAnswers(202, 'Mode none is served from now on; the effect tells what is waited for.'),
    ...changeAnswers(200, 'With force, or dry_run.'),
  },
  problems: CHANGE_PROBLEMS,
  handle(parts, input) {
    const isForced = input.query.force === true;
    return change(parts, input, { do: isForced ? 'remove' : 'leave' }, isForced ? 200 : 202);
  },
});
