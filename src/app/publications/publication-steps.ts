import type { Logger } from 'pino';
import type { AnnounceOutcome, Publisher } from '../../announce/publisher.ts';
import type { Outside } from '../../checks/outside.ts';
import type { Hostname } from '../../names/hostname.ts';
import type { PolicyId } from '../../policy/policy-id.ts';
import {
  afterAnnounce,
  afterFault,
  afterHold,
  afterWithdraw,
  beforeAnnounce,
  type Evidence,
  plan,
  type Step,
} from '../../tenant/announcing.ts';
import { afterFetch, afterSight, type Sight } from '../../tenant/observing.ts';
import type { Course } from '../../tenant/publication.ts';
import type { PublicationStore, TenantCourse } from '../../tenant/publication-store.ts';
import { announcements, ownerName, type RecordScheme, textName } from '../../tenant/records.ts';
import type { TenantStore } from '../../tenant/store.ts';
import type { PublicationCounts } from './publication-counts.ts';
import type { Revising } from './revising.ts';

export interface PublicationStepsOptions {
  readonly publications: PublicationStore;
  readonly tenants: TenantStore;
  readonly publisher: Publisher;
  readonly outside: Outside;
  readonly revising: Revising;
  /** Whether the policy host of a domain has a certificate that holds now. */
  certificate(domain: Hostname): Evidence['certificate'];
  readonly scheme: RecordScheme;
  /** Whose hands the announcements are in, for {@link Evidence.wanted}. */
  readonly by: string;
  readonly counts: PublicationCounts;
  readonly log: Logger;
  now(): number;
  /** The time that the ledger closes by. */
  ledgerNow(): number;
}

/** The single steps of publications, each from the plan to what is recorded of its outcome. */
export class PublicationSteps {
  /** What is to be published and by whom, for all tenants alike. */
  readonly wanted: string;
  readonly #options: PublicationStepsOptions;

  constructor(options: PublicationStepsOptions) {
    const { by, scheme } = options;
    this.#options = options;
    this.wanted = JSON.stringify([by, scheme.zone ?? '', scheme.ttl, scheme.reports]);
  }

  /** Takes the next step of a course, as it is just now. */
  async take({ domain }: Pick<TenantCourse, 'domain'>, signal: AbortSignal): Promise<void> {
    const { publications, now } = this.#options;
    const course = publications.get(domain);
    if (course === undefined) return;
    const step = plan(course, this.#evidence(domain, course), now());
    switch (step.do) {
      case 'wait':
        return;
      case 'hold':
        this.#change(domain, course, (newest) => afterHold(newest, step, now()));
        return;
      case 'fetch':
      case 'observe':
        return this.#look(domain, course, step.do, signal);
      case 'announce':
        return this.#announce(domain, course, signal);
      case 'withdraw':
        return this.#withdraw(domain, course, signal);
      default:
        return this.#revise(domain, course, step);
    }
  }

  #evidence(domain: Hostname, course: Course): Evidence {
    const { tenants, certificate } = this.#options;
    const isTakenUp =
      course.leftAt === undefined
        ? tenants.announceableFor(domain)?.id === course.id
        : !tenants.leaving().includes(domain);
    const behind = isTakenUp ? [] : ['a worker of this server'];
    return { behind, certificate: certificate(domain), wanted: this.wanted };
  }

  async #look(
    domain: Hostname,
    course: Course,
    why: 'fetch' | 'observe',
    signal: AbortSignal,
  ): Promise<void> {
    const { tenants, outside, scheme, now, ledgerNow } = this.#options;
    const text = tenants.newest(domain)?.text ?? '';
    const names = { owner: ownerName('_mta-sts', domain), target: textName('_mta-sts', domain, scheme) };
    if (why === 'observe' && course.stage === 'observed') await this.#renewReports(domain, signal);
    const sight = await outside.look({ domain, text, ...names }, signal);
    if (course.clearedAt === undefined && sight.policy.fetched === 'same') {
      // Whatever served the domain before it came here, the host leads here now.
      tenants.settleAdopted([domain], ledgerNow());
    }
    const after = why === 'fetch' ? afterFetch : afterSight;
    const changed = this.#change(domain, course, (newest) => after(newest, sight, now()));
    if (changed !== undefined) this.#tellDrift(domain, course, changed, sight);
  }

  async #announce(domain: Hostname, course: Course, signal: AbortSignal): Promise<void> {
    const { scheme, now } = this.#options;
    const [reports, policy] = announcements(domain, scheme, course.id as PolicyId);
    // From here on the id may be in DNS, also where we end before the publisher answers.
    if (this.#change(domain, course, (newest) => beforeAnnounce(newest, now())) === undefined) return;
    const answer = await this.#ask(policy, signal);
    if (isDone(answer) && (reports.text !== undefined || answer.outcome === 'announced')) {
      await this.#ask(reports, signal);
    }
    this.#change(domain, course, (newest) => afterAnnounce(newest, answer, this.wanted, now()));
  }

  /** The record of the reports has no id, and no stage: it is brought back whenever its tenant is looked at. */
  async #renewReports(domain: Hostname, signal: AbortSignal): Promise<void> {
    const [reports] = announcements(domain, this.#options.scheme, undefined);
    if (reports.text !== undefined) await this.#ask(reports, signal);
  }

  async #withdraw(domain: Hostname, course: Course, signal: AbortSignal): Promise<void> {
    const { scheme, log, now } = this.#options;
    const [reports, policy] = announcements(domain, { ...scheme, reports: [] }, undefined);
    const answer = await this.#ask(policy, signal);
    if (isDone(answer)) await this.#ask(reports, signal);
    this.#change(domain, course, (newest) => afterWithdraw(newest, answer, now()));
    if (isDone(answer)) log.info({ event: 'records_withdrawn', domain, ...answer });
  }

  async #ask(
    announcement: Parameters<Publisher['announce']>[0],
    signal: AbortSignal,
  ): Promise<AnnounceOutcome> {
    const { publisher, counts, log } = this.#options;
    const answer = await publisher.announce(announcement, signal);
    counts.announced(answer.outcome);
    const { domain, name, text = null } = announcement;
    log[isDone(answer) ? 'debug' : 'warn']({ event: 'announcement', domain, name, text, ...answer });
    return answer;
  }

  async #revise(
    domain: Hostname,
    course: Course,
    step: Extract<Step, { readonly do: 'take-back' | 'overtake' }>,
  ): Promise<void> {
    const { revising, counts, log, now } = this.#options;
    const { number, id, waiting } = course;
    if (step.do === 'overtake') {
      log.warn({ event: 'publication_overtaken', domain, number, id, later: step.id }, OVERTAKEN);
      return revising.overtake(domain, number, step.id as PolicyId);
    }
    const why = waiting?.why ?? '';
    const outcome = await revising.takeBack(domain, number, step.to, why);
    if (outcome === 'changing') {
      this.#change(domain, course, (newest) => afterFault(newest, 'The document is being changed', now()));
    } else if (outcome === 'no-way-back') {
      this.#change(domain, course, (newest) => ({ ...newest, good: undefined }));
    } else {
      counts.takenBack += 1;
      log.error({ event: 'publication_taken_back', domain, number, id, to: step.to, why }, TAKEN_BACK);
    }
  }

  #change(
    domain: Hostname,
    { number }: Course,
    change: (course: Course) => Course | undefined,
  ): Course | undefined {
    return this.#options.publications.change(domain, number, change);
  }

  #tellDrift(domain: Hostname, before: Course, after: Course, { authorities }: Sight): void {
    const wasIn = before.stage === 'announced' || before.stage === 'observed';
    if (!wasIn || after.stage !== 'serving' || after.waiting === undefined) return;
    const { counts, log } = this.#options;
    counts.drift += 1;
    const { id, waiting } = after;
    log.warn({
      event: 'publication_drift',
      domain,
      id,
      why: waiting.why,
      remedy: waiting.remedy,
      authorities,
    });
  }
}

const OVERTAKEN = 'DNS has a later id than the state file: the same text gets an id that is later still';
const TAKEN_BACK = 'The new policy does not reach senders: the earlier text is served again, under a new id';

function isDone({ outcome }: AnnounceOutcome): boolean {
  return outcome === 'announced' || outcome === 'by-hand';
}
