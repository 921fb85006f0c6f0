import Type from 'typebox';
import type { Revision } from '../../tenant/revision.ts';
import { textDiff } from '../../tenant/text-diff.ts';
import { type Answer, JSON_TYPE, ok } from '../answer.ts';
import { badQuery } from '../bad-query.ts';
import { cursorOf, readCursor } from '../cursor.ts';
import { change } from '../edit.ts';
import { endpoint } from '../endpoint.ts';
import { etagHeader } from '../etag.ts';
import { policyExample, revisionExample } from '../examples.ts';
import { notFound } from '../problem.ts';
import { NoQuery, PageQuery, pageOfShape, TenantChangeQuery, USUAL_ITEMS } from '../shapes/paging.ts';
import {
  OneRevisionShape,
  PolicyShape,
  RevisionShape,
  RollBackShape,
  WrittenPolicyShape,
} from '../shapes/tenant.ts';
import { tellPolicy, tellRevision } from '../tell-tenant.ts';
import { CHANGE_PROBLEMS, changeAnswers } from './change-answers.ts';

const tag = 'tenants';

export const getPolicy = endpoint({
  id: 'getPolicy',
  tag,
  method: 'GET',
  path: '/tenants/{domain}/policy',
  needs: 'viewer',
  summary: 'Look at the policy that is served',
  query: NoQuery,
  answers: {
    200: {
      description: "The policy, with the tag of the tenant's document.",
      headers: ['etag'],
      content: { [JSON_TYPE]: { schema: PolicyShape, example: policyExample } },
    },
  },
  handle({ desk }, { domain }) {
    const tenant = desk.view(domain);
    return tenant === undefined ? notFound('tenant') : ok(tellPolicy(tenant.policy), etagHeader(tenant.etag));
  },
});

export const replacePolicy = endpoint({
  id: 'replacePolicy',
  tag,
  method: 'PUT',
  path: '/tenants/{domain}/policy',
  needs: 'operator',
  summary: 'Change the policy',
  description: 'Labels, comments and the order of the document stay as they are.',
  query: TenantChangeQuery,
  body: {
    schema: WrittenPolicyShape,
    // The document's own rules tell all flaws at once.
    reads: Type.Record(Type.String(), Type.Unknown(), { description: 'a policy with mode, max_age and mx' }),
    example: policyExample,
  },
  answers: changeAnswers(200, 'The tenant as it is now; or, with dry_run, the effect alone.'),
  problems: CHANGE_PROBLEMS,
  async handle(parts, input) {
    const answer = await change(parts, input, { do: 'replace', policy: input.body });
    return withoutPrefix(answer);
  },
});

export const listRevisions = endpoint({
  id: 'listRevisions',
  tag,
  method: 'GET',
  path: '/tenants/{domain}/revisions',
  needs: 'viewer',
  summary: 'List the revisions',
  description: 'The newest first; of a tenant that left, too.',
  query: PageQuery,
  answers: {
    200: {
      description: 'A page of revisions.',
      content: {
        [JSON_TYPE]: {
          schema: pageOfShape(RevisionShape),
          example: { items: [revisionExample], next: cursorOf('1') },
        },
      },
    },
  },
  handle({ history }, { domain, query: { cursor, limit = USUAL_ITEMS } }) {
    const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : Number(readCursor(cursor));
    if (!Number.isSafeInteger(before)) {
      return badQuery('cursor', 'It is no cursor', 'Send the "next" of a page as it is');
    }
    const revisions = history.revisions(domain);
    if (revisions.length === 0) return notFound('tenant');
    const earlier = revisions.filter(({ number }) => number < before).toReversed();
    const items = earlier.slice(0, limit);
    const last = items.at(-1);
    const next = earlier.length > limit && last !== undefined ? cursorOf(String(last.number)) : null;
    return ok({ items: items.map(tellRevision), next });
  },
});

const oneRevisionExample = {
  ...revisionExample,
  diff: textDiff('', revisionExample.text),
};

export const getRevision = endpoint({
  id: 'getRevision',
  tag,
  method: 'GET',
  path: '/tenants/{domain}/revisions/{number}',
  needs: 'viewer',
  summary: 'Look at a revision',
  query: NoQuery,
  answers: {
    200: {
      description: 'The revision, and what it changed.',
      headers: ['etag'],
      content: { [JSON_TYPE]: { schema: OneRevisionShape, example: oneRevisionExample } },
    },
  },
  handle({ history }, { domain, path: { number = '' } }) {
    const revisions = history.revisions(domain);
    const found = revisions.find((revision) => String(revision.number) === number);
    return found === undefined ? notFound('revision') : tellOne(found, revisions);
  },
});

export const rollBack = endpoint({
  id: 'rollBack',
  tag,
  method: 'POST',
  path: '/tenants/{domain}/rollback',
  needs: 'operator',
  summary: 'Return to an earlier policy',
  description: 'As a new revision with a new id: an id that was announced once stands for one text for ever.',
  query: TenantChangeQuery,
  body: { schema: RollBackShape, reads: RollBackShape, example: { to: 1 } },
  answers: changeAnswers(200, 'The tenant as it is now; or, with dry_run, the effect alone.'),
  problems: CHANGE_PROBLEMS,
  handle: (parts, input) => change(parts, input, { do: 'roll-back', to: input.body.to }),
});

function tellOne(revision: Revision, revisions: readonly Revision[]): Answer {
  const before = revisions.filter(({ number }) => number < revision.number).at(-1);
  const diff = textDiff(before?.text ?? '', revision.text);
  return ok({ ...tellRevision(revision), diff }, etagHeader(revision.id));
}

/** The flaws of a policy alone have their places in it, and not in the document. */
function withoutPrefix(answer: Answer): Answer {
  const { errors, ...others } = (answer.body ?? {}) as { readonly errors?: readonly { path: string }[] };
  if (errors === undefined) return answer;
  const within = errors.map((error) => ({ ...error, path: error.path.replace(/^policy\.?/, '') }));
  return { ...answer, body: { ...others, errors: within } };
}
