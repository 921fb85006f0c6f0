import { type AdoptOutcome, type EarlierPolicy, readEarlier } from '../../tenant/adopting.ts';
import { type Answer, JSON_TYPE } from '../answer.ts';
import { actorOf } from '../caller.ts';
import { entryOf, tellOutcome } from '../edit.ts';
import { endpoint, type Promised } from '../endpoint.ts';
import { changeExample, dryRunExample, policyExample, revisionExample } from '../examples.ts';
import { problem } from '../problem.ts';
import { AdoptionShape, AdoptReads, AdoptShape } from '../shapes/adoption.ts';
import { TenantChangeQuery } from '../shapes/paging.ts';
import { iso, isoOrNull, tellPolicy } from '../tell-tenant.ts';

const earlierExample = {
  id: '20240101000000',
  text: revisionExample.text,
  served_from: '2026-11-22T19:06:50.000Z',
  served_until: null,
};
const rest = {
  earlier: [{ ...earlierExample, policy: policyExample }],
  findings: [],
  steps: [
    {
      what: 'Let mta-sts.example.com lead to sts.example.net, in the place of what it has now',
      records: ['mta-sts.example.com. IN CNAME sts.example.net.'],
    },
  ],
};

function answers(description: string, example: object): Promised {
  return { description, content: { [JSON_TYPE]: { schema: AdoptionShape, example } } };
}

export const adoptTenant = endpoint({
  id: 'adoptTenant',
  tag: 'tenants',
  method: 'POST',
  path: '/tenants/{domain}/adopt',
  needs: 'operator',
  summary: 'Take over a domain whose policy is served elsewhere',
  description:
    'Reads its record and its policy from outside as a strict sender does, or takes them from the request. ' +
    'They go into the ledger: their ids are never used again, and leaving waits for whoever may hold them. ' +
    'Then the tenant is created with the same policy, unless another is sent, under a new id. ' +
    'The steps tell how the domain comes here without a gap. A token that is bound to some tenants adopts none.',
  query: TenantChangeQuery,
  body: { schema: AdoptShape, reads: AdoptReads, example: { earlier: [earlierExample] } },
  answers: {
    200: answers('What would come of it (dry_run).', { ...dryRunExample, ...rest }),
    201: { ...answers('The tenant was created.', { ...changeExample, ...rest }), headers: ['etag'] },
  },
  problems: ['exists', 'unproven'],
  async handle(parts, { caller, domain, query, body, signal }) {
    // What is told of the past stays in the ledger for ever: it is nothing that a tenant writes.
    if (caller.token.only !== undefined) return problem('forbidden', { detail: BOUND });
    const by = actorOf(caller);
    const { dry_run: dryRun = false, cause } = query;
    const earlier = body.earlier?.map(readEarlier);
    const bad = earlier?.indexOf(undefined) ?? -1;
    if (bad >= 0) return notEarlier(bad);
    const request = {
      ...{ domain, by, dryRun, policy: body.policy, labels: body.labels },
      ...(cause !== undefined && { cause }),
      ...(earlier !== undefined && { earlier: earlier.filter((each) => each !== undefined) }),
    };
    const outcome = await parts.adoption.adopt(request, signal);
    if (outcome.outcome === 'adopted' && !dryRun) {
      const entry = entryOf({ do: 'create', policy: undefined }, outcome.edit, {
        at: parts.now(),
        by,
        domain,
        cause,
      });
      if (entry !== undefined) parts.audit.append({ ...entry, action: 'tenant.adopt' });
    }
    return tell(outcome);
  },
});

const BOUND = 'Whoever runs the server adopts domains: a token that is bound to some tenants does not.';

function tell(outcome: AdoptOutcome): Answer {
  switch (outcome.outcome) {
    case 'nothing':
      return problem('flawed', { detail: 'There is nothing to adopt.', errors: [outcome.finding] });
    case 'unclear': {
      const { message, remedy } = outcome.finding;
      const detail = `Nothing was changed. ${message}. ${remedy}.`;
      return problem('unavailable', { detail, errors: [outcome.finding] }, { 'retry-after': '60' });
    }
    case 'not-made':
      return tellOutcome(outcome.edit, 201);
    case 'adopted': {
      const { edit, findings, steps } = outcome;
      const answer = tellOutcome(edit, 201);
      const earlier = outcome.earlier.map(tellEarlier);
      return { ...answer, body: { ...(answer.body as object), earlier, findings, steps } };
    }
  }
}

function tellEarlier({ id, text, policy, from, until }: EarlierPolicy) {
  const times = { served_from: iso(from), served_until: isoOrNull(until) };
  return { id, text, ...times, policy: tellPolicy(policy) };
}

function notEarlier(index: number): Answer {
  const message = 'The id or the text is none that RFC 8461 knows';
  const remedy = 'Send what was announced and served, as it was';
  const errors = [{ path: `earlier[${index}]`, message, remedy, rfc: 'RFC 8461 section 3' }];
  return problem('flawed', { detail: 'Nothing was changed.', errors });
}
