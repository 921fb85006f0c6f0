import assert from 'node:assert/strict';
import { flawed, parsed } from '../../src/flaws/flaw.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { formatPolicyText } from '../../src/policy/text.ts';
import { exposedUntil } from '../../src/tenant/exposure.ts';
import { type ReadDocument, reconcile } from '../../src/tenant/reconcile.ts';
import type { TenantStore } from '../../src/tenant/store.ts';
import { policyDomain, recording } from './revisions.ts';

const domain = policyDomain('example.com');
const FLAWED = flawed({ path: '', message: 'It is bad', remedy: 'Mend it' });

/** What a document file holds: a policy, or nothing that can be understood. */
export type Content = Policy | 'bad';

interface Served {
  readonly text: string;
  readonly policy: Policy;
}

/**
 * One domain with its files, its store, one worker, and every sender there could be: one that caches at each moment
 * what is served just then. After each look at the files it asserts what promises I1, I2, I3 and I9 say.
 */
export class World {
  readonly #store: TenantStore;
  readonly #files = new Map<string, { content: Content; stamp: string }>();
  #stamps = 0;
  /** True time, and the server's clock, in milliseconds since 1970. */
  #time = Date.UTC(2026, 0);
  #clock = this.#time;
  #served: Served | undefined;
  /** For each text that was served with a policy in force, the true time at which the last sender forgets it. */
  #heldUntil = 0;
  /** The true times at which each revision was last served, by number. */
  readonly #lastServed = new Map<number, number>();

  constructor(store: TenantStore) {
    this.#store = store;
  }

  write(file: string, content: Content): void {
    this.#stamps += 1;
    this.#files.set(file, { content, stamp: `${this.#stamps}` });
  }

  remove(file: string): void {
    this.#files.delete(file);
  }

  pass(milliseconds: number): void {
    this.#time += milliseconds;
    this.#clock += milliseconds;
  }

  setClockBack(milliseconds: number): void {
    this.#clock -= milliseconds;
  }

  /** Looks at the files and does what is decided; as in a crash, the ledger may be left open. */
  look({ crashes = false } = {}): void {
    this.#remember();
    const before = { served: this.#served, revisions: this.#store.revisions(domain).length };
    const verdict = reconcile(this.#evidence(), {
      now: this.#clock,
      actor: 'file',
      address: '',
      cause: 'document changed',
    });
    const { entries, forgotten, revision, leaves } = verdict;
    const revisions = revision === undefined ? [] : [revision];
    const left = leaves ? [domain] : [];
    this.#store.record(recording({ entries, forgotten, revisions, left, now: this.#clock }));
    this.#assertAnnounceable();
    this.#serve();
    if (crashes) this.restart();
    else this.#store.settle([domain], this.#clock);
    this.#remember();
    this.#assertServed(before.served);
    this.#assertRevisions(before);
    this.#assertLedger();
    this.#assertAnnounceable();
  }

  /** As a start does: what is recorded is served, and nothing older. */
  restart(): void {
    this.#serve();
    this.#store.settle('all', this.#clock);
  }

  get isServed(): boolean {
    return this.#served !== undefined;
  }

  #evidence() {
    const store = this.#store;
    const known = store.entriesFor(domain).map(({ file }) => file);
    return {
      domain,
      present: [...this.#files].map(([file, { content, stamp }]) => readDocument(file, content, stamp)),
      vanished: known.filter((file) => !this.#files.has(file)),
      standing: { newest: store.newest(domain), served: store.isServed(domain) },
      servings: () => store.servings(domain),
    };
  }

  /** The worker serves what the store says is the newest. */
  #serve(): void {
    const text = this.#store.isServed(domain) ? this.#store.newest(domain)?.text : undefined;
    if (text === this.#served?.text) return;
    const written = [...this.#files.values()]
      .map(({ content }) => content)
      .filter((content) => content !== 'bad');
    const policy = written.find((one) => formatPolicyText(one) === text);
    assert.ok(text === undefined || policy !== undefined, 'what is newly served stands in a file');
    this.#served = text === undefined || policy === undefined ? undefined : { text, policy };
  }

  /** The senders fetch once more. */
  #remember(): void {
    const newest = this.#store.newest(domain);
    if (this.#served === undefined || newest === undefined) return;
    this.#lastServed.set(newest.number, this.#time);
    if (this.#served.policy.mode === 'none') return;
    this.#heldUntil = Math.max(this.#heldUntil, this.#time + this.#served.policy.max_age * 1000);
  }

  /** Promise I3. */
  #assertServed(before: Served | undefined): void {
    const contents = [...this.#files.values()].map(({ content }) => content);
    const [only] = contents;
    const flaws = this.#store.entriesFor(domain).filter((entry) => entry.flaws.length > 0);
    if (contents.length === 1 && only !== undefined && only !== 'bad') {
      assert.equal(this.#served?.text, formatPolicyText(only), 'a single good document is served');
      assert.equal(flaws.length, 0, 'and has no flaw');
    } else if (this.#served === undefined && before !== undefined) {
      assert.equal(contents.length, 0, 'no tenant leaves that has a document');
      assert.equal(before.policy.mode, 'none', 'a tenant leaves by mode none alone');
      assert.ok(this.#heldUntil <= this.#time, 'no tenant leaves while a sender holds an earlier policy');
    } else {
      assert.equal(this.#served?.text, before?.text, 'nothing else changes what is served');
      const expected = contents.length > 0 ? contents.length : before === undefined ? 0 : 1;
      assert.equal(flaws.length, expected, 'and each document shows its flaw');
    }
  }

  /** Promise I1. */
  #assertRevisions(before: { served: Served | undefined; revisions: number }): void {
    const revisions = this.#store.revisions(domain);
    assert.deepEqual(
      revisions.map(({ number }) => number),
      revisions.map((_, index) => index + 1),
    );
    const ids = revisions.map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)].sort(), 'ids are never repeated, and increase');
    const isNew = this.#served !== undefined && this.#served.text !== before.served?.text;
    assert.equal(
      revisions.length - before.revisions,
      isNew ? 1 : 0,
      'a revision for each change, and for no other',
    );
    if (this.#served !== undefined) assert.equal(revisions.at(-1)?.text, this.#served.text);
  }

  /** Promise I2: an id that may be announced is that of the text which the worker answers just then. */
  #assertAnnounceable(): void {
    const id = this.#store.announceableFor(domain)?.id;
    const revision = this.#store.revisions(domain).find((one) => one.id === id);
    assert.equal(revision?.text, this.#store.isServed(domain) ? this.#served?.text : undefined);
  }

  /** Promise I9: by the ledger each revision is held at least as long as by the senders, on the server's clock. */
  #assertLedger(): void {
    const behind = this.#time - this.#clock;
    for (const [index, serving] of this.#store.servings(domain).entries()) {
      const last = this.#lastServed.get(index + 1) ?? 0;
      assert.ok(exposedUntil(serving, this.#clock) + behind >= last + serving.max_age * 1000);
      assert.ok(serving.until === undefined || serving.until >= serving.from);
    }
  }
}

function readDocument(file: string, content: Content, stamp: string): ReadDocument {
  const tenant = content === 'bad' ? FLAWED : parsed({ domain, policy: content, labels: {} });
  return { file, stamp, digest: stamp, tenant, isUnterminated: false };
}
