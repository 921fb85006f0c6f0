import type { Logger } from 'pino';
import type { CaFacts } from '../../certs/issuer.ts';
import type { Ca } from '../../certs/obstacle.ts';
import { paceAt, RESTED } from '../../certs/pace.ts';
import { decideRound, type Start } from '../../certs/round.ts';
import { roomFor, standingAfterSilence, standingAfterWord } from '../../certs/standing.ts';
import { newUpkeep, type Upkeep } from '../../certs/upkeep.ts';
import type { UpkeepStore } from '../../certs/upkeep-store.ts';
import type { Hostname } from '../../names/hostname.ts';
import type { CertificateAuthority, CertificateSteps, KnownAuthority } from './certificate-steps.ts';
import { KeyChanges } from './key-changes.ts';

export interface CertificateJobOptions {
  readonly store: UpkeepStore;
  readonly steps: CertificateSteps;
  /** In the order of preference. */
  readonly authorities: readonly CertificateAuthority[];
  /** Orders at once at each CA. */
  readonly parallel: number;
  readonly log: Logger;
  now(): number;
}

/** Milliseconds. */
const TIMES = {
  /** How often it is looked whether somebody woke: the command line writes to the state file too. */
  tick: 1_000,
  /** Steps that end at about the same time bring one round. */
  gather: 50,
  /** A CA's directory is read again after this time, and sooner where it could not be read. */
  facts: 24 * 3600_000,
  noFacts: 30_000,
  /** A host whose step failed by a fault of ours is left alone for this time. */
  fault: 5 * 60_000,
};

// Hosts thought of in one round.
const MOST_AWAKE = 2_000;
// Looks and questions at once.
const MOST_LOOKS = 32;

/** What a CA said of itself, and why it said nothing when it was last asked. */
interface ReadFacts {
  readonly facts: CaFacts | undefined;
  readonly why: string;
  readonly at: number;
  readonly until: number;
}

/** Keeps a certificate for every host: decides in rounds what is to be done, and does it, so much at once. */
export class CertificateJob {
  readonly #options: CertificateJobOptions;
  readonly #facts = new Map<string, ReadFacts>();
  readonly #running = new Map<Hostname, { readonly start: Start; readonly done: Promise<void> }>();
  readonly #keyChanges: KeyChanges;
  readonly #ending = new AbortController();
  #pace = RESTED;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer ends, as performance.now() tells. */
  #next = Number.POSITIVE_INFINITY;
  #round: Promise<void> = Promise.resolve();

  constructor(options: CertificateJobOptions) {
    this.#options = options;
    this.#keyChanges = new KeyChanges(options);
  }

  start(): void {
    this.#after(0);
  }

  async close(): Promise<void> {
    this.#ending.abort(new Error('Postseal ends'));
    clearTimeout(this.#timer);
    await this.#round;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    await this.#keyChanges.close();
  }

  /** These hosts are to have certificates from now on. */
  add(hosts: readonly Hostname[]): void {
    const now = this.#options.now();
    this.#options.store.add(hosts.map((host) => newUpkeep(host, now)));
  }

  /** These are to have none any more; those that are there stay in their folder. */
  forget(hosts: readonly Hostname[]): void {
    this.#options.store.forget(hosts);
  }

  /** Why a CA takes no orders, for each that does not. */
  problems(): string[] {
    return this.#options.authorities.flatMap(({ name }) => {
      const { trouble, why } = this.#options.store.standing(name);
      if (trouble !== 'none') return [`${name} takes no orders (${trouble}): ${why}`];
      const silence = this.#facts.get(name)?.why ?? '';
      return silence === '' ? [] : [`${name} can't be reached: ${silence}`];
    });
  }

  /** The next round is in so long, or sooner where it was to be sooner: what ends all the time does not put it off. */
  #after(pause: number): void {
    const next = performance.now() + pause;
    if (this.#ending.signal.aborted || next >= this.#next) return;
    clearTimeout(this.#timer);
    this.#next = next;
    this.#timer = setTimeout(() => {
      this.#next = Number.POSITIVE_INFINITY;
      this.#round = this.#tick().then(() => this.#after(TIMES.tick));
    }, pause);
  }

  async #tick(): Promise<void> {
    const { store, now, log } = this.#options;
    try {
      this.#keyChanges.begin((ca) => this.#ordersAt(ca) > 0, this.#ending.signal);
      const wake = store.nextWake();
      if (wake === undefined || wake > now()) return;
      const cas = await this.#known();
      if (cas.length > 0 && !this.#ending.signal.aborted) this.#decide(cas);
    } catch (error) {
      log.error({ event: 'certificates_not_kept', err: error });
    }
  }

  #decide(cas: readonly KnownAuthority[]): void {
    const { store, now } = this.#options;
    const startedAt = now();
    const awake = store.awake(startedAt, MOST_AWAKE).filter(({ host }) => !this.#running.has(host));
    const byHost = new Map(awake.map((upkeep) => [upkeep.host, upkeep]));
    const turn = store.turn();
    const pace = paceAt(this.#pace, startedAt);
    const input = {
      awake,
      cas: this.#options.authorities.map((ca) => this.#stateOf(ca)),
      room: { ...this.#room(cas), unhurried: pace.left },
      turn,
      now: startedAt,
    };
    const { starts, sleeps, spent, unhurried } = decideRound(input);
    this.#pace = { ...pace, left: unhurried };
    const orders = starts.filter(({ plan }) => plan.do === 'order').length;
    if (starts.length + sleeps.length === 0) return;
    // Before the first order starts: what is spent stays spent, whatever happens to us.
    store.record({ sleeps, spent, orders });
    for (const start of starts) {
      const upkeep = byHost.get(start.host);
      if (upkeep !== undefined) this.#begin(upkeep, start, cas, startedAt);
    }
  }

  #begin(upkeep: Upkeep, start: Start, cas: readonly KnownAuthority[], startedAt: number): void {
    const { steps, store, log, now } = this.#options;
    const { host } = upkeep;
    const { signal } = this.#ending;
    const done = steps
      .take(upkeep, start.plan, { cas, startedAt, signal })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        log.error({ event: 'certificate_step_failed', host, step: start.plan.do, err: error });
        store.record({ sleeps: [{ host, until: now() + TIMES.fault }] });
      })
      .catch((error: unknown) => log.error({ event: 'certificates_not_kept', err: error }))
      .finally(() => {
        this.#running.delete(host);
        this.#after(TIMES.gather);
      });
    this.#running.set(host, { start, done });
  }

  #stateOf({ name, challenges, limits }: CertificateAuthority): Ca {
    const { store } = this.#options;
    const [ledger, standing] = [store.ledger(name), store.standing(name)];
    const facts = this.#facts.get(name)?.facts;
    const hasRenewalInfo = facts?.hasRenewalInfo === true;
    return { name, isKnown: facts !== undefined, challenges, hasRenewalInfo, limits, ledger, standing };
  }

  #room(cas: readonly KnownAuthority[]) {
    const { store, parallel } = this.#options;
    const plans = [...this.#running.values()].map(({ start }) => start.plan);
    const ordering = plans.filter((plan) => plan.do === 'order');
    const room = (ca: KnownAuthority) => {
      if (this.#keyChanges.isPending(ca)) return 0;
      return Math.max(0, roomFor(store.standing(ca.name), parallel) - this.#ordersAt(ca.name));
    };
    return {
      looks: MOST_LOOKS - (plans.length - ordering.length),
      orders: Object.fromEntries(cas.map((ca) => [ca.name, room(ca)])),
    };
  }

  #ordersAt(ca: string): number {
    return [...this.#running.values()].filter(({ start: { plan } }) => plan.do === 'order' && plan.ca === ca)
      .length;
  }

  /** The CAs whose directories could be read. */
  async #known(): Promise<KnownAuthority[]> {
    const known: KnownAuthority[] = [];
    for (const authority of this.#options.authorities) {
      const facts = await this.#factsOf(authority);
      if (facts !== undefined) known.push({ ...authority, facts });
    }
    return known;
  }

  async #factsOf({ name, issuer }: CertificateAuthority): Promise<CaFacts | undefined> {
    const { store, now, log } = this.#options;
    const before = this.#facts.get(name);
    // Unless the clock was set back since.
    if (before !== undefined && now() < before.until && now() >= before.at) return before.facts;
    const read = await issuer.facts(this.#ending.signal);
    const isRead = 'issuers' in read;
    if (!isRead) log.warn({ event: 'ca_unreachable', ca: name, why: read.why });
    const at = now();
    const until = at + (isRead ? TIMES.facts : TIMES.noFacts);
    if (before?.facts === undefined) {
      const standing = store.standing(name);
      const next = isRead
        ? standingAfterWord(standing, at)
        : standingAfterSilence(standing, name, read.why, at);
      store.record({ standings: { [name]: next } });
      // Others may be waiting for it, or have turned to another CA in their thoughts.
      if (isRead) store.wakeAll();
    }
    // What it said before holds while it says nothing.
    const facts = isRead ? read : before?.facts;
    this.#facts.set(name, { facts, at, until, why: isRead ? '' : read.why });
    return facts;
  }
}
