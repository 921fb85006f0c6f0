import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Happening } from '../../access/happening.ts';
import type { Limits } from '../../certs/budget.ts';
import { settle } from '../../certs/charges.ts';
import type { CaFacts, ChallengeType, Issuer, OrderOutcome } from '../../certs/issuer.ts';
import { chainOf, checkIssued } from '../../certs/key-pair.ts';
import type { Plan } from '../../certs/plan.ts';
import { type Ended, standingAfter } from '../../certs/standing.ts';
import {
  afterFailure,
  afterInfo,
  afterIssue,
  afterLook,
  isFailing,
  type LookResult,
  type Upkeep,
} from '../../certs/upkeep.ts';
import type { UpkeepStore } from '../../certs/upkeep-store.ts';
import type { Finding } from '../../checks/observation.ts';
import { type Hostname, policyDomain } from '../../names/hostname.ts';
import type { AccountKeys } from '../../store/files/account-keys.ts';
import type { PemFolder } from '../../store/files/pem.ts';

/** A CA that orders go to. */
export interface CertificateAuthority {
  readonly name: string;
  readonly issuer: Issuer;
  /** Of our account there. */
  readonly keys: AccountKeys;
  readonly challenges: readonly ChallengeType[];
  readonly limits: Limits;
}

/** A CA whose directory was read. */
export interface KnownAuthority extends CertificateAuthority {
  readonly facts: CaFacts;
}

/** What to look at: `enough` is the challenge type beside which no other need be tried if it opens a way. */
interface LookAt {
  readonly host: Hostname;
  readonly cas: readonly KnownAuthority[];
  readonly enough: ChallengeType | undefined;
}

type Looking = (
  at: LookAt,
  signal: AbortSignal,
) => Promise<LookResult & { readonly findings: readonly Finding[] }>;

export interface StepsOptions {
  readonly store: UpkeepStore;
  readonly pems: PemFolder;
  readonly look: Looking;
  /** Lets every worker use the new certificate of a host. */
  renewed(host: Hostname): Promise<void>;
  /** What came of an order, for the metrics. */
  ordered(ca: string, outcome: OrderOutcome['outcome']): void;
  /** Tells those who listen; never throws. */
  tell(happenings: readonly Happening[]): void;
  readonly log: Logger;
  now(): number;
}

type Step = Exclude<Plan, { readonly do: 'wait' }>;
type PlacedOrder = Extract<Plan, { readonly do: 'order' }>;

// The name of the CA of a certificate that was found in the folder, put there by whoever.
const FOUND = 'folder';

/** The single steps on the way to a certificate, each from the plan to what is recorded of its outcome. */
export class CertificateSteps {
  readonly #options: StepsOptions;

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  /** Takes one step. `startedAt` is the time of the round that decided it. */
  async take(
    upkeep: Upkeep,
    step: Step,
    { cas, startedAt, signal }: { cas: readonly KnownAuthority[]; startedAt: number; signal: AbortSignal },
  ): Promise<void> {
    if (step.do === 'ask') return this.#ask(upkeep, cas, signal);
    if (upkeep.certificate === undefined && this.#adopt(upkeep.host)) return;
    if (step.do === 'look') return this.#look(upkeep, cas, signal);
    const ca = cas.find(({ name }) => name === step.ca);
    if (ca !== undefined) return this.#order(upkeep, ca, step, { startedAt, signal });
  }

  async #ask(
    { host, certificate }: Upkeep,
    cas: readonly KnownAuthority[],
    signal: AbortSignal,
  ): Promise<void> {
    const ca = cas.find(({ name }) => name === certificate?.ca);
    const pair = this.#options.pems.read(host);
    const info = ca && pair.ok ? await ca.issuer.renewalInfo(chainOf(pair.value), signal) : undefined;
    this.#options.store.note(host, (upkeep) => afterInfo(upkeep, info, this.#options.now()));
  }

  async #look(upkeep: Upkeep, cas: readonly KnownAuthority[], signal: AbortSignal): Promise<void> {
    const { store, log, tell, now } = this.#options;
    const { host, look: before } = upkeep;
    const enough = likelyWay(upkeep, cas);
    const { findings, ...result } = await this.#options.look({ host, cas, enough }, signal);
    const [first] = findings;
    const remedy = first && { remedy: remedyText(first) };
    const asked = Object.fromEntries(cas.map(({ name, challenges }) => [name, challenges]));
    store.note(host, (upkeep) => afterLook(upkeep, { ...result, ...remedy }, asked, now()));
    if (result.found === before?.found && result.why === before.why) return;
    const level = result.found === 'good' ? 'info' : 'warn';
    const { found, why } = result;
    log[level]({ event: 'certificate_look', host, found, why, findings });
    const data = { host, found, why, remedy: remedy?.remedy ?? '' };
    tell([{ kind: 'certificate.findings', domain: policyDomain(host), data }]);
  }

  /** A usable certificate in the folder that nothing is known of: the operator's, or from before a crash. */
  #adopt(host: Hostname): boolean {
    const { store, pems, log, now } = this.#options;
    if (pems.stamp(host) === undefined) return false;
    const pair = pems.read(host);
    if (!pair.ok || pair.value.notAfter <= now()) return false;
    const { notBefore, notAfter } = pair.value;
    store.change(host, (upkeep) => afterIssue(upkeep, { ca: FOUND, notBefore, notAfter }, undefined, now()));
    log.info({ event: 'certificate_found', host, notAfter: new Date(notAfter).toISOString() });
    return true;
  }

  async #order(
    { host }: Upkeep,
    ca: KnownAuthority,
    step: PlacedOrder,
    { startedAt, signal }: { startedAt: number; signal: AbortSignal },
  ): Promise<void> {
    const held = step.replaces ? this.#options.pems.read(host) : undefined;
    const replaces = held?.ok ? { replaces: chainOf(held.value) } : {};
    const outcome = await ca.issuer.order({ host, challenges: [step.challenge], ...replaces }, signal);
    const endedAt = this.#options.now();
    const ended = { ca: ca.name, host, startedAt, endedAt, outcome };
    if (outcome.outcome === 'issued') await this.#use(host, ca.name, outcome);
    this.#settle(ca, { host, replaces: step.replaces, startedAt }, ended);
  }

  /** Kept first and used then; what can't be kept, as on a full disk, was ordered in vain and is told. */
  async #use(host: Hostname, ca: string, { pem, challenge }: Issued): Promise<void> {
    const { store, pems, log, tell, now } = this.#options;
    const pair = checkIssued(pem, host, now());
    if (!pair.ok) throw new Error(`${ca} issued what can't be used: ${pair.flaws[0]?.message}`);
    pems.write(host, pem);
    await this.#options.renewed(host);
    const { notBefore, notAfter } = pair.value;
    store.change(host, (upkeep) => afterIssue(upkeep, { ca, notBefore, notAfter }, challenge, now()));
    const end = new Date(notAfter).toISOString();
    log.info({ event: 'certificate_issued', host, ca, notAfter: end, challenge });
    tell([{ kind: 'certificate.issued', domain: policyDomain(host), data: { host, ca, not_after: end } }]);
  }

  #settle(
    ca: KnownAuthority,
    order: { host: Hostname; replaces: boolean; startedAt: number },
    ended: Ended,
  ): void {
    const { store, log, tell } = this.#options;
    const { outcome, endedAt } = ended;
    const spent = settle(store.ledger(ca.name), ca.limits, order, outcome, endedAt);
    const before = store.standing(ca.name);
    const standing = standingAfter(before, ended);
    // Most orders of a good CA change neither, and each record waits for the disk.
    if (spent.size > 0 || !isDeepStrictEqual(standing, before)) {
      store.record({ spent: { [ca.name]: spent }, standings: { [ca.name]: standing } });
    }
    this.#options.ordered(ca.name, outcome.outcome);
    if (outcome.outcome === 'issued') return;
    store.change(order.host, (upkeep) => afterFailure(upkeep, ended, outcome));
    const { host } = order;
    log.error({ event: 'certificate_failed', host, ca: ca.name, ...outcome });
    const data = { host, ca: ca.name, outcome: outcome.outcome, why: outcome.why };
    tell([{ kind: 'certificate.failed', domain: policyDomain(host), data }]);
  }
}

/** A renewal needs one way, and its own is likely to be open. A host that is new, or that fails, is looked at by all. */
function likelyWay(upkeep: Upkeep, [first]: readonly CertificateAuthority[]): ChallengeType | undefined {
  if (upkeep.certificate === undefined || isFailing(upkeep)) return undefined;
  return upkeep.works ?? first?.challenges[0];
}

function remedyText({ remedy, record }: Finding): string {
  return record === undefined ? remedy : `${remedy}: ${record}`;
}

type Issued = Extract<OrderOutcome, { readonly outcome: 'issued' }>;
