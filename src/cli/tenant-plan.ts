import { domainOf, openClient, tenantPath } from './client.ts';
import type { Session } from './config.ts';
import { fromNow, minute } from './moment.ts';
import { CommandFailure, EXIT, print, printJson } from './printing.ts';
import type { Note } from './table.ts';
import { paint, printNotes } from './terminal.ts';
import type { ToldPlan } from './told.ts';

export interface PlanOptions {
  readonly mx: readonly string[];
  readonly json?: boolean;
}

type Refusal = ToldPlan['refusals'][number];
type Step = ToldPlan['steps'][number];

/**
 * `postseal tenant plan`: what would come of other MX hosts, were they set now, and the safe order of steps. Where mail
 * would be refused the exit code says so, for whoever changes DNS by a program.
 */
export async function planTenant(name: string, { mx, json }: PlanOptions, session: Session): Promise<void> {
  const domain = domainOf(name);
  const { value: plan } = await openClient(session).must<ToldPlan>('POST', tenantPath(domain, '/plan'), {
    body: { mx },
  });
  if (json) printJson(plan);
  else tellPlan(domain, plan, Date.now());
  if (plan.verdict !== 'refused') return;
  const until = plan.refusals.map((refusal) => Date.parse(refusal.until));
  const last = minute(Math.max(...until));
  const message = `Mail to ${domain} would be refused until ${last}, were these its MX now`;
  throw new CommandFailure(message, 'Take the steps in their order, each not before its time', EXIT.unsafe);
}

const VERDICTS = {
  safe: ['green', 'Nobody would refuse mail'],
  reported: ['yellow', 'Nobody would refuse mail; failures would be reported'],
  refused: ['red', 'Mail would be refused'],
} as const;

function tellPlan(domain: string, { verdict, refusals, reports, steps }: ToldPlan, now: number): void {
  const [style, text] = VERDICTS[verdict];
  print(`${paint('bold', domain)}  ${paint(style, text)}`);
  printNotes([
    ...refusals.map((each) => refusalNote(each, 'refuse')),
    ...reports.map((each) => refusalNote(each, 'report')),
  ]);
  if (steps.length > 0) print('\nThe safe order:');
  printNotes(steps.flatMap((step, index) => stepNotes(step, index, now)));
}

function refusalNote({ host, number, until, is_served }: Refusal, what: 'refuse' | 'report'): Note {
  const when = is_served
    ? `as long as it is served and until ${minute(Date.parse(until))} at least`
    : `until ${minute(Date.parse(until))}`;
  const text = `Senders that hold revision ${number} would ${what} ${host} ${when}`;
  return { text, mark: '!', style: what === 'refuse' ? 'red' : 'yellow' };
}

function stepNotes(step: Step, index: number, now: number): readonly Note[] {
  const at = Date.parse(step.at);
  const when = at <= now ? 'now' : `not before ${minute(at)} (${fromNow(at, now)})`;
  const what =
    step.do === 'policy'
      ? `let the policy list ${step.mx.join(', ')}`
      : `let the MX be ${step.hosts.join(', ')}`;
  return [
    { text: `${when}: ${what}`, mark: `${index + 1}` },
    { text: step.why, style: 'dim' },
  ];
}
