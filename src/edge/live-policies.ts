import { setImmediate } from 'node:timers/promises';
import { type Hostname, policyDomain, policyHost } from '../names/hostname.ts';
import type { PolicyTexts } from '../store/files/policy-texts.ts';
import type { ServedText } from './messages.ts';
import { PolicyTable } from './policy-table.ts';

// Policies loaded between two looks at the network.
const BATCH = 2_000;

/** The policies that a worker serves: a table in memory, and until it is full the state file behind it. */
export class LivePolicies {
  readonly #texts: PolicyTexts;
  readonly #table = new PolicyTable();
  #loaded = false;

  constructor(texts: PolicyTexts) {
    this.#texts = texts;
  }

  get size(): number {
    return this.#table.size;
  }

  readonly get = (host: string): Buffer | undefined => {
    const policy = this.#table.get(host);
    if (policy !== undefined || this.#loaded) return policy;
    this.#read(policyDomain(host));
    return this.#table.get(host);
  };

  has(host: string): boolean {
    return this.#table.has(host) || (!this.#loaded && this.get(host) !== undefined);
  }

  /** Fills the table in small steps, so that the first policies are served while the rest is read. */
  async load(): Promise<void> {
    let last: string | undefined = '';
    while (last !== undefined) {
      const texts = this.#texts.after(last, BATCH);
      for (const { domain, text } of texts) this.#table.set(policyHost(domain), text);
      last = texts.at(-1)?.domain;
      await setImmediate();
    }
    this.#loaded = true;
  }

  /** Serves these texts from now on. They come from the primary, so that a change needs no disk here. */
  apply(texts: readonly ServedText[]): void {
    for (const { domain, text } of texts) this.#serve(domain as Hostname, text);
  }

  close(): void {
    this.#texts.close();
  }

  #read(domain: Hostname | undefined): void {
    if (domain !== undefined) this.#serve(domain, this.#texts.get(domain));
  }

  #serve(domain: Hostname, text: string | undefined): void {
    if (text === undefined) this.#table.delete(policyHost(domain));
    else this.#table.set(policyHost(domain), text);
  }
}
