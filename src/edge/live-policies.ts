import { setImmediate } from 'node:timers/promises';
import { ByteTable } from '../bytes/byte-table.ts';
import { type Hostname, policyDomain, policyHost } from '../names/hostname.ts';
import type { PolicyTexts } from '../store/files/policy-texts.ts';
import type { ServedText } from './messages.ts';

// Policies loaded between two looks at the network.
const BATCH = 2_000;

/** The policies that a worker serves: a table in memory, and until it is full the state file behind it. */
export class LivePolicies {
  readonly #texts: PolicyTexts;
  readonly #table = new ByteTable();
  /** Policy hosts that the primary told of: what it tells is newer than what is read from a disk. */
  readonly #told = new Set<string>();
  #loaded = false;

  constructor(texts: PolicyTexts) {
    this.#texts = texts;
  }

  get size(): number {
    return this.#table.size;
  }

  readonly get = (host: string): Buffer | undefined => {
    if (!this.#loaded && !this.#table.has(host)) this.#readOne(host);
    return this.#table.get(host);
  };

  has(host: string): boolean {
    return this.get(host) !== undefined;
  }

  /** Fills the table in small steps, so that the first policies are served while the rest is read. */
  async load(): Promise<void> {
    let last: string | undefined = '';
    while (last !== undefined) {
      const texts = this.#texts.after(last, BATCH);
      for (const { domain, text } of texts) this.#take(policyHost(domain), text);
      last = texts.at(-1)?.domain;
      await setImmediate();
    }
    this.#loaded = true;
    this.#told.clear();
    this.#texts.close();
  }

  /** Serves these texts from now on. They come from the primary, so that a change needs no disk here. */
  apply(texts: readonly ServedText[]): void {
    for (const { domain, text } of texts) {
      const host = policyHost(domain as Hostname);
      if (text === undefined) this.#table.delete(host);
      // Policy texts are ASCII.
      else this.#table.set(host, text);
      if (!this.#loaded) this.#told.add(host);
    }
  }

  #readOne(host: string): void {
    const domain = policyDomain(host);
    const text = domain && this.#texts.get(domain);
    if (text !== undefined) this.#take(host, text);
  }

  #take(host: string, text: string): void {
    if (!this.#told.has(host)) this.#table.set(host, text);
  }
}
