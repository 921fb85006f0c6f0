import { LETS_ENCRYPT, type LedgerChanges, type Slot } from '../../src/certs/budget.ts';
import { type ChargedOrder, settle } from '../../src/certs/charges.ts';
import type { OrderOutcome } from '../../src/certs/issuer.ts';
import { decideRound, type Start } from '../../src/certs/round.ts';
import { GOOD_STANDING, roomFor, standingAfter } from '../../src/certs/standing.ts';
import {
  afterFailure,
  afterInfo,
  afterIssue,
  afterLook,
  newUpkeep,
  type Upkeep,
} from '../../src/certs/upkeep.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import type { Defect, IssuedCertificate, SimulatedCa } from './simulated-ca.ts';

/** Milliseconds between two looks at the clock; an order takes one such step. */
export const STEP = 5 * 60_000;
const PARALLEL = 16;
const LOOKS = 32;
const CHALLENGES = ['http-01', 'tls-alpn-01'] as const;

interface Running extends ChargedOrder {
  readonly endsAt: number;
}

/** What a tenant lived through. */
export interface Life {
  firstAt: number | undefined;
  /** The longest time without a valid certificate since the first, in milliseconds. */
  gap: number;
  /** The smallest part of a lifetime that was left at a renewal. */
  closest: number;
  readonly issuedAt: number[];
}

/** The certificate job of one replica, as it decides, with a clock that jumps. */
export class SimulatedYear {
  readonly lives = new Map<string, Life>();
  readonly #upkeeps = new Map<Hostname, Upkeep>();
  readonly #awake = new Set<Hostname>();
  readonly #sleeping = new Map<number, Hostname[]>();
  readonly #ledger = new Map<string, readonly Slot[]>();
  readonly #ca: SimulatedCa;
  readonly #defects: ReadonlyMap<string, Defect>;
  #running: Running[] = [];
  #standing = GOOD_STANDING;
  #turn = 0;
  /** The most entries that the ledger had at any time. */
  entries = 0;

  constructor(ca: SimulatedCa, defects: ReadonlyMap<string, Defect>) {
    this.#ca = ca;
    this.#defects = defects;
  }

  add(host: Hostname, now: number): void {
    this.#upkeeps.set(host, newUpkeep(host, now));
    this.#awake.add(host);
    this.lives.set(host, { firstAt: undefined, gap: 0, closest: 1, issuedAt: [] });
  }

  certificateOf(host: Hostname): IssuedCertificate | undefined {
    return this.#upkeeps.get(host)?.certificate;
  }

  step(now: number): void {
    const due = Math.floor(now / STEP);
    for (const host of this.#sleeping.get(due) ?? []) this.#awake.add(host);
    this.#sleeping.delete(due);
    const ended = this.#running.filter(({ endsAt }) => endsAt <= now);
    this.#running = this.#running.filter(({ endsAt }) => endsAt > now);
    for (const order of ended) this.#end(order, now);
    // Looks and questions take no time here, so that what they lead to starts in the same step.
    while (this.#awake.size > 0 && this.#round(now));
    this.entries = Math.max(this.entries, this.#ledger.size);
  }

  /** Whether something started that takes no time. */
  #round(now: number): boolean {
    const { hasRenewalInfo } = this.#ca;
    const ca = { name: 'ca', isKnown: true, challenges: CHALLENGES, limits: LETS_ENCRYPT, hasRenewalInfo };
    const orders = { ca: roomFor(this.#standing, PARALLEL) - this.#running.length };
    const { starts, sleeps, spent } = decideRound({
      awake: [...this.#awake].map((host) => this.#upkeep(host)),
      cas: [{ ...ca, ledger: this.#ledger, standing: this.#standing }],
      // In the time of a step the pace allows for more.
      room: { looks: LOOKS, orders, unhurried: LOOKS + PARALLEL },
      turn: this.#turn,
      now,
    });
    this.#put(spent.ca ?? new Map());
    for (const { host, until } of sleeps) this.#sleep(host, Math.max(until, now + 1));
    for (const start of starts) this.#start(start, now);
    return starts.some(({ plan }) => plan.do !== 'order');
  }

  #start({ host, plan }: Start, now: number): void {
    const upkeep = this.#upkeep(host);
    if (plan.do === 'ask') {
      const { certificate } = upkeep;
      const info = certificate && this.#ca.renewalInfo(host, certificate, now);
      this.#upkeeps.set(host, afterInfo(upkeep, info, now));
    } else if (plan.do === 'look') {
      const found = this.#defects.get(host) === 'dns' ? 'bad' : 'good';
      const look = { found, ways: { ca: CHALLENGES }, why: '' } as const;
      this.#upkeeps.set(host, afterLook(upkeep, look, { ca: CHALLENGES }, now));
    } else {
      this.#turn += 1;
      this.#awake.delete(host);
      this.#running.push({ host, replaces: plan.replaces, startedAt: now, endsAt: now + STEP });
    }
  }

  #end(order: Running, now: number): void {
    const { host, replaces, startedAt } = order;
    const [outcome, certificate] = this.#ca.order(host, replaces, startedAt);
    this.#put(settle(this.#ledger, LETS_ENCRYPT, order, outcome, now));
    const ended = { ca: 'ca', host, startedAt, endedAt: now, outcome };
    this.#standing = standingAfter(this.#standing, ended);
    this.#upkeeps.set(host, this.#after(host, ended, outcome, certificate, now));
    this.#awake.add(host);
  }

  #after(
    host: Hostname,
    ended: Parameters<typeof afterFailure>[1],
    outcome: OrderOutcome,
    certificate: IssuedCertificate | undefined,
    now: number,
  ): Upkeep {
    const upkeep = this.#upkeep(host);
    if (outcome.outcome !== 'issued') return afterFailure(upkeep, ended, outcome);
    if (certificate === undefined) throw new Error('issued without a certificate');
    this.#record(host, upkeep, now);
    return afterIssue(upkeep, { ca: 'ca', ...certificate }, outcome.challenge, now);
  }

  #record(host: Hostname, { certificate }: Upkeep, now: number): void {
    const life = this.lives.get(host);
    if (life === undefined) return;
    life.issuedAt.push(now);
    life.firstAt ??= now;
    if (certificate === undefined) return;
    const { notAfter, notBefore } = certificate;
    life.gap = Math.max(life.gap, now - notAfter);
    life.closest = Math.min(life.closest, (notAfter - now) / (notAfter - notBefore));
  }

  #sleep(host: Hostname, until: number): void {
    const step = Math.ceil(until / STEP);
    this.#awake.delete(host);
    this.#sleeping.set(step, [...(this.#sleeping.get(step) ?? []), host]);
  }

  #put(changes: LedgerChanges): void {
    for (const [key, slots] of changes) {
      if (slots.length > 0) this.#ledger.set(key, slots);
      else this.#ledger.delete(key);
    }
  }

  #upkeep(host: Hostname): Upkeep {
    return this.#upkeeps.get(host) ?? newUpkeep(host, 0);
  }
}
