import assert from 'node:assert/strict';
import type { Mode } from '../../src/policy/policy.ts';
import { nextPolicyId, type PolicyId } from '../../src/policy/policy-id.ts';
import * as announcing from '../../src/tenant/announcing.ts';
import * as observing from '../../src/tenant/observing.ts';
import { type Course, newCourse } from '../../src/tenant/publication.ts';

/** The functions that decide; a test can put a wrong one in the place of any. */
export const MACHINE = { ...announcing, ...observing, newCourse };
export type Machine = typeof MACHINE;

interface Revision {
  readonly number: number;
  readonly id: PolicyId;
  readonly text: string;
}

interface Replica {
  live: boolean;
  /** The number of the revision that it answers. */
  serves: number;
}

/** A sender with the policy that it holds, and the id that it fetched it under. */
interface Sender {
  held: { id: string; revision: number } | undefined;
}

/** A step under way: what it brings is known when it ends. */
interface Running {
  readonly number: number;
  finish(): (course: Course) => Course;
}

/** What can happen, in any order. Numbers choose among what there is. */
export type Happening =
  | { readonly does: 'edit'; readonly text: number; readonly mode: number }
  | { readonly does: 'take-up' | 'kill' | 'restart' | 'send'; readonly which: number }
  | { readonly does: 'certificate' | 'crash' | 'job' | 'lose' | 'double' | 'restore' }
  | { readonly does: 'publish'; readonly which: number; readonly server: number }
  | { readonly does: 'drift'; readonly which: number; readonly server: number }
  | { readonly does: 'path'; readonly is: 'same' | 'other' | 'nothing' | 'unknown' }
  | { readonly does: 'dns'; readonly up: boolean }
  | { readonly does: 'pass'; readonly time: number };

const TTL = 300_000;
const MODES: readonly Mode[] = ['none', 'testing', 'enforce'];
const WANTED = 'own';

/**
 * One tenant in a world of several replicas, two name servers, a publisher that loses, doubles and delays what it is
 * given, a resolver that keeps answers, and senders; and the pipeline in it, which may crash at any point. Each thing
 * that must never be is an assertion.
 */
export class World {
  readonly #machine: Machine;
  #now = Date.UTC(2026, 10, 22);
  readonly #revisions: Revision[] = [];
  /** All that were ever made, also those that a restored state does not know. */
  readonly #ever = new Map<string, Revision>();
  readonly #replicas: Replica[] = Array.from({ length: 3 }, () => ({ live: true, serves: 0 }));
  readonly #servers: (string | undefined)[] = [undefined, undefined];
  readonly #senders: Sender[] = Array.from({ length: 3 }, () => ({ held: undefined }));
  #queue: string[] = [];
  readonly #handed: string[] = [];
  #cached: { id: string | undefined; until: number } | undefined;
  #certificate = false;
  #path: 'same' | 'other' | 'nothing' | 'unknown' = 'same';
  #dnsUp = true;
  #hasDrifted = false;
  #isRestored = false;
  #course: Course | undefined;
  #saved: { course: Course; revisions: readonly Revision[] } | undefined;
  #running: Running | undefined;
  /** Revisions that took another one back. */
  takenBack = 0;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  happen(happening: Happening): void {
    switch (happening.does) {
      case 'edit':
        this.#accept(`text ${happening.text}`, MODES[happening.mode % 3] ?? 'testing');
        break;
      case 'take-up':
        this.#takeUp(this.#replicas[happening.which % 3]);
        break;
      case 'kill':
        this.#replica(happening.which).live = false;
        break;
      case 'restart':
        this.#start(this.#replica(happening.which));
        break;
      case 'send':
        this.#send(happening.which);
        break;
      case 'certificate':
        this.#certificate = !this.#certificate;
        break;
      case 'crash':
        this.#running = undefined;
        break;
      case 'job':
        this.#job();
        break;
      case 'lose':
        this.#queue.shift();
        break;
      case 'double':
        this.#queue.push(...this.#queue.slice(0, 1));
        break;
      case 'restore':
        this.#restore();
        break;
      case 'publish':
        this.#publish(happening.which, happening.server);
        break;
      case 'drift':
        this.#drift(happening.which, happening.server);
        break;
      case 'path':
        this.#path = happening.is;
        break;
      case 'dns':
        this.#dnsUp = happening.up;
        break;
      case 'pass':
        this.#now += happening.time;
    }
    this.#check();
  }

  /** All faults stop: the pipeline must come to its end. */
  settle(): void {
    this.#certificate = true;
    this.#path = 'same';
    this.#dnsUp = true;
    this.#running = undefined;
    for (let turn = 0; turn < 400; turn += 1) {
      for (const replica of this.#replicas) this.#start(replica);
      this.#job();
      this.#job();
      while (this.#queue.length > 0) this.#publishAll();
      this.#check();
      if (this.#isAtEnd()) break;
      this.#now = Math.max(this.#now + 1, this.#course?.wakeAt ?? 0);
    }
    assert.equal(this.#course?.stage, 'observed', `it ends observed: ${JSON.stringify(this.#course)}`);
    assert.deepEqual(this.#servers, [this.#newest.id, this.#newest.id], 'and its id is on every server');
    this.#cached = undefined;
    for (const which of this.#senders.keys()) this.#send(which);
    for (const { held } of this.#senders) assert.equal(this.#textOf(held?.revision), this.#newest.text);
  }

  get hasTenant(): boolean {
    return this.#course !== undefined;
  }

  #isAtEnd(): boolean {
    return this.#course?.stage === 'observed' && this.#servers.every((id) => id === this.#newest.id);
  }

  get #newest(): Revision {
    return this.#revisions.at(-1) ?? { number: 0, id: '' as PolicyId, text: '' };
  }

  #replica(which: number): Replica {
    return this.#replicas[which % 3] ?? { live: false, serves: 0 };
  }

  #textOf(number: number | undefined): string | undefined {
    return this.#revisions.find((revision) => revision.number === number)?.text;
  }

  #accept(text: string, mode: Mode, { takesBack = false, after = this.#newest.id as string } = {}): void {
    if (text === this.#newest.text && after === this.#newest.id) return;
    const last = after === '' ? undefined : (after as PolicyId);
    const id = nextPolicyId({ text, now: this.#now, last });
    assert.ok(!this.#ever.has(id), `${id} was used before`);
    const revision = { number: this.#newest.number + 1, id, text };
    this.#revisions.push(revision);
    this.#ever.set(id, revision);
    this.#course = this.#machine.newCourse({ ...revision, mode, takesBack, now: this.#now }, this.#course);
    if (takesBack) this.takenBack += 1;
  }

  /** As a worker does: what is newest, never anything in between. */
  #takeUp(replica: Replica | undefined): void {
    if (replica?.live) replica.serves = this.#newest.number;
  }

  #start(replica: Replica): void {
    replica.live = true;
    this.#takeUp(replica);
  }

  /** The next step of the job begins, or the one under way ends. */
  #job(): void {
    const running = this.#running;
    if (running !== undefined) {
      this.#running = undefined;
      const after = running.finish();
      if (this.#course?.number === running.number) this.#course = after(this.#course);
      return;
    }
    const course = this.#course;
    if (course === undefined) return;
    const { plan, afterHold, afterFetch, beforeAnnounce, afterAnnounce, afterSight } = this.#machine;
    const step = plan(course, this.#evidence(), this.#now);
    const { number, id } = course;
    switch (step.do) {
      case 'hold':
        this.#course = afterHold(course, step, this.#now);
        break;
      case 'fetch':
        this.#running = { number, finish: () => (now) => afterFetch(now, this.#look(number), this.#now) };
        break;
      case 'observe':
        this.#running = { number, finish: () => (now) => afterSight(now, this.#look(number), this.#now) };
        break;
      case 'announce':
        this.#course = beforeAnnounce(course, this.#now);
        this.#hand(id);
        this.#running = {
          number,
          finish: () => (now) => afterAnnounce(now, this.#answer(), WANTED, this.#now),
        };
        break;
      case 'take-back': {
        const text = this.#textOf(step.to);
        assert.ok(text !== undefined && course.good !== undefined);
        if (text === this.#newest.text) this.#course = { ...course, good: undefined };
        else this.#accept(text, course.good.mode, { takesBack: true });
        break;
      }
      case 'overtake':
        this.#accept(this.#newest.text, course.mode, { after: step.id });
    }
  }

  #evidence(): announcing.Evidence {
    const behind = this.#replicas.flatMap(({ live, serves }, index) =>
      live && serves < this.#newest.number ? [`replica ${index}`] : [],
    );
    const certificate = this.#certificate
      ? ({ is: 'valid' } as const)
      : ({ is: 'missing', why: 'none' } as const);
    return { behind, certificate, wanted: WANTED };
  }

  /** From here on the id may be in DNS at any moment. */
  #hand(id: string): void {
    const { number } = this.#newest;
    assert.ok(this.#certificate, 'no id is announced before the policy host has a certificate');
    for (const { live, serves } of this.#replicas) {
      assert.ok(!live || serves >= number, 'no id is announced that a live replica does not serve');
    }
    assert.ok(this.#course?.clearedAt !== undefined, 'no id is announced before its policy was fetched');
    const last = this.#handed.at(-1);
    assert.ok(last === undefined || id >= last, `${id} is announced again after ${last}`);
    this.#handed.push(id);
    this.#queue.push(id);
  }

  /** The publisher's word is no proof: it may say yes to what it loses, and no to what it does. */
  #answer() {
    if (this.#path === 'unknown') return { outcome: 'unreachable', why: 'no answer' } as const;
    return { outcome: 'announced' } as const;
  }

  #look(number: number): observing.Sight {
    const silent = { shows: 'unknown', why: 'no answer' } as const;
    const shown = (id: string | undefined) =>
      id === undefined ? ({ shows: 'other', why: 'no record' } as const) : ({ shows: 'id', id } as const);
    const authorities = this.#servers.map((id, index) => {
      return { name: `ns${index}`, shown: this.#dnsUp ? shown(id) : silent };
    });
    const resolver = this.#dnsUp ? shown(this.#resolve()) : silent;
    return { leads: { to: 'us' }, authorities, resolver, policy: this.#fetch(number) };
  }

  #fetch(number: number): observing.Fetched {
    const why = 'the path';
    if (this.#path !== 'same') return { fetched: this.#path, why, remedy: why };
    const live = this.#replicas.filter((replica) => replica.live);
    if (live.length === 0) return { fetched: 'nothing', why, remedy: why };
    const isSame = live.every(({ serves }) => this.#textOf(serves) === this.#textOf(number));
    return isSame ? { fetched: 'same' } : { fetched: 'other', why, remedy: why };
  }

  #resolve(): string | undefined {
    if (this.#cached === undefined || this.#cached.until <= this.#now) {
      this.#cached = { id: this.#servers[this.#now % 2], until: this.#now + TTL };
    }
    return this.#cached.id;
  }

  /** Any of what the publisher was given comes to a server, in any order. */
  #publish(which: number, server: number): void {
    if (this.#queue.length === 0) return;
    this.#servers[server % 2] = this.#queue[which % this.#queue.length];
    if (server > 1) this.#queue.splice(which % this.#queue.length, 1);
  }

  #publishAll(): void {
    const [id] = this.#queue.splice(0, 1);
    this.#servers.fill(id);
  }

  /** Somebody sets an id that was there once, or none. */
  #drift(which: number, server: number): void {
    if (this.#isRestored) return;
    this.#hasDrifted = true;
    this.#servers[server % 2] = [...this.#handed, undefined][which % (this.#handed.length + 1)];
  }

  /** The state of an earlier time comes back, the second time this is asked for; replicas start with it. */
  #restore(): void {
    const saved = this.#saved;
    this.#saved = undefined;
    if (saved === undefined) {
      if (this.#course !== undefined) this.#saved = { course: this.#course, revisions: [...this.#revisions] };
      return;
    }
    // What was handed out and is in DNS nowhere can't be known of.
    if (this.#hasDrifted || this.#queue.length > 0 || !this.#dnsUp) return;
    const shown = this.#servers.every((id) => id === this.#handed.at(-1));
    if (!shown) return;
    this.#isRestored = true;
    // To bring a file back takes its time.
    this.#now += 60_000;
    this.#course = { ...saved.course, wakeAt: 0 };
    this.#revisions.splice(0, this.#revisions.length, ...saved.revisions);
    this.#running = undefined;
    for (const replica of this.#replicas) if (replica.live) replica.serves = this.#newest.number;
    for (const sender of this.#senders) sender.held = undefined;
  }

  /** A sender looks for the id, and fetches where it is another one than it knows (RFC 8461 section 5.1). */
  #send(which: number): void {
    const sender = this.#senders[which % 3];
    const live = this.#replicas.filter((replica) => replica.live && replica.serves > 0);
    const id = this.#resolve();
    const from = live[which % live.length];
    if (sender === undefined || id === undefined || from === undefined || sender.held?.id === id) return;
    sender.held = { id, revision: from.serves };
  }

  #check(): void {
    for (const id of this.#servers) this.#assertServed(id, 'in DNS');
    for (const { held } of this.#senders) {
      const revision = held && this.#known(held.id);
      if (held === undefined || revision === undefined) continue;
      assert.ok(held.revision >= revision.number, `a sender holds an earlier text under ${held.id}`);
    }
  }

  #assertServed(id: string | undefined, where: string): void {
    const revision = id === undefined ? undefined : this.#known(id);
    if (revision === undefined) return;
    for (const { live, serves } of this.#replicas) {
      assert.ok(
        !live || serves >= revision.number,
        `${id} is ${where} while a live replica serves ${serves}`,
      );
    }
  }

  /** Of a state that was brought back, ids made after it are strangers. */
  #known(id: string): Revision | undefined {
    return this.#revisions.find((revision) => revision.id === id);
  }
}
