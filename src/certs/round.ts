import type { Hostname } from '../names/hostname.ts';
import { type LedgerChanges, type Slot, spend } from './budget.ts';
import { orderCharges } from './charges.ts';
import type { Ca } from './obstacle.ts';
import { type Plan, plan } from './plan.ts';
import { inOrder, laneOf } from './queue.ts';
import type { Upkeep } from './upkeep.ts';

/** What may still be started, beside what runs already. */
interface Room {
  /** Looks and questions for renewal information. */
  readonly looks: number;
  /** Orders, by CA: {@link roomFor} less those that run. */
  readonly orders: Readonly<Record<string, number>>;
  /** Looks and orders of renewals that are in no hurry. */
  readonly unhurried: number;
}

export interface RoundInput {
  /** The hosts whose time has come, without those for which something runs. */
  readonly awake: readonly Upkeep[];
  readonly cas: readonly Ca[];
  readonly room: Room;
  /** Orders started before, ever. */
  readonly turn: number;
  readonly now: number;
}

export interface Start {
  readonly host: Hostname;
  readonly plan: Exclude<Plan, { readonly do: 'wait' }>;
}

export interface Round {
  readonly starts: readonly Start[];
  /** Who needs no look before when, and why. Whoever is in neither list stays awake. */
  readonly sleeps: readonly { readonly host: Hostname; readonly until: number; readonly because: string }[];
  /** The entries that the started orders change in each CA's ledger: to be kept before the first of them starts. */
  readonly spent: Readonly<Record<string, LedgerChanges>>;
  /** What is left of the room for renewals that are in no hurry. */
  readonly unhurried: number;
}

/** Decides what starts now, for all hosts together, so that bounds and limits hold. */
export function decideRound({ awake, cas, room, turn, now }: RoundInput): Round {
  const books = new Books(cas, room);
  const starts: Start[] = [];
  const sleeps: { host: Hostname; until: number; because: string }[] = [];
  for (const upkeep of inOrder(awake, now, turn)) {
    // With the books as they are after those that went before.
    const next = plan(upkeep, books.cas, now);
    const { host } = upkeep;
    if (next.do === 'wait') sleeps.push({ host, until: next.until, because: next.because });
    else if (books.take(next, upkeep, now)) starts.push({ host, plan: next });
  }
  return { starts, sleeps, spent: books.spent, unhurried: books.unhurried };
}

/** What is left of room and limits while a round is decided. */
class Books {
  /** The CAs, with ledgers that show what was spent in this round. */
  readonly cas: readonly Ca[];
  readonly spent: Record<string, Map<string, readonly Slot[]>> = {};
  unhurried: number;
  #looks: number;
  readonly #orders: Record<string, number>;

  constructor(cas: readonly Ca[], room: Room) {
    this.cas = cas.map((ca) => {
      const spent = new Map<string, readonly Slot[]>();
      this.spent[ca.name] = spent;
      const get = (key: string) => spent.get(key) ?? ca.ledger.get(key);
      return { ...ca, ledger: { get } };
    });
    this.unhurried = room.unhurried;
    this.#looks = room.looks;
    this.#orders = { ...room.orders };
  }

  /** Whether there is room for it; then it is taken. */
  take(next: Start['plan'], upkeep: Upkeep, now: number): boolean {
    const ca = next.do === 'ask' ? undefined : next.ca;
    const looks = next.do === 'order' ? 0 : 1;
    const orders = ca === undefined ? 0 : (this.#orders[ca] ?? 0);
    const unhurried = next.do !== 'ask' && laneOf(upkeep, now) === 'renewal' ? 1 : 0;
    if (this.#looks < looks || (ca !== undefined && orders < 1) || this.unhurried < unhurried) return false;
    this.unhurried -= unhurried;
    this.#looks -= looks;
    if (ca !== undefined) this.#orders[ca] = orders - 1;
    if (next.do === 'order') this.#spend(next.ca, upkeep.host, next.replaces, now);
    return true;
  }

  #spend(name: string, host: Hostname, replaces: boolean, now: number): void {
    const ca = this.cas.find((one) => one.name === name);
    if (ca === undefined) return;
    for (const [key, slots] of spend(ca.ledger, ca.limits, orderCharges(host, replaces), now)) {
      this.spent[name]?.set(key, slots);
    }
  }
}
