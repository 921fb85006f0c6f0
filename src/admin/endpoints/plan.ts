import { flawed, type Parsed, parsed } from '../../flaws/flaw.ts';
import { type Hostname, parseHostname } from '../../names/hostname.ts';
import type { Plan, Refusal, Step } from '../../tenant/plan.ts';
import { JSON_TYPE, ok } from '../answer.ts';
import { endpoint } from '../endpoint.ts';
import { planExample } from '../examples.ts';
import { notFound, problem } from '../problem.ts';
import { NoQuery } from '../shapes/paging.ts';
import { PlanRequestShape, PlanShape } from '../shapes/plan.ts';
import { iso } from '../tell-tenant.ts';

export const planChange = endpoint({
  id: 'planChange',
  tag: 'tenants',
  method: 'POST',
  path: '/tenants/{domain}/plan',
  needs: 'viewer',
  summary: 'Ask what other MX hosts would do',
  description:
    'Who would fail until when if the MX records became these now, by what senders may hold; and the safe order of steps (RFC 8461 section 8.1). Nothing is changed.',
  query: NoQuery,
  body: { schema: PlanRequestShape, reads: PlanRequestShape, example: { mx: ['mx2.example.net'] } },
  answers: {
    200: {
      description: 'The verdict, and the steps.',
      content: { [JSON_TYPE]: { schema: PlanShape, example: planExample } },
    },
  },
  async handle({ desk }, { domain, body }) {
    const hosts = readHosts(body.mx);
    if (!hosts.ok) return problem('flawed', { detail: 'Nothing was planned.', errors: hosts.flaws });
    const plan = await desk.plan(domain, hosts.value);
    return plan === undefined ? notFound('tenant') : ok(tellPlan(plan));
  },
});

function readHosts(names: readonly string[]): Parsed<readonly Hostname[]> {
  const hosts = names.map(parseHostname);
  const flaws = hosts.flatMap((host, index) =>
    host.ok ? [] : host.flaws.map((flaw) => ({ ...flaw, path: `mx[${index}]` })),
  );
  return flaws.length > 0 ? flawed(...flaws) : parsed(hosts.flatMap((host) => (host.ok ? host.value : [])));
}

function tellPlan({ verdict, refusals, reports, steps }: Plan) {
  return {
    verdict,
    refusals: refusals.map(tellRefusal),
    reports: reports.map(tellRefusal),
    steps: steps.map(tellStep),
  };
}

function tellRefusal({ host, number, until, isServed }: Refusal) {
  return { host, number, until: iso(until), is_served: isServed };
}

function tellStep(step: Step) {
  return { ...step, at: iso(step.at) };
}
