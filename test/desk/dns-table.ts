import type { Answer } from '../../src/checks/observation.ts';
import type { MxRecord, PublicDns } from '../../src/checks/public-dns.ts';

/** DNS as a table of records; or out of order. */
export class DnsTable implements PublicDns {
  readonly texts = new Map<string, string>();
  readonly cnames = new Map<string, string>();
  isDown = false;

  async txt(name: string): Promise<Answer<readonly string[]>> {
    const text = this.texts.get(name);
    return this.#answer(text === undefined ? [] : [['another'], [text.slice(0, 5), text.slice(5)]]);
  }

  async aliases(name: string): Promise<Answer<string>> {
    const target = this.cnames.get(name);
    return this.#answer(target === undefined ? [] : [target]);
  }

  async nameServers(): Promise<Answer<string>> {
    return this.#answer([]);
  }

  async mx(): Promise<Answer<MxRecord>> {
    return this.#answer([]);
  }

  async addresses() {
    return { ipv4: this.#answer<string>([]), ipv6: this.#answer<string>([]) };
  }

  async caa() {
    return { records: [] };
  }

  #answer<T>(records: readonly T[]): Answer<T> {
    if (this.isDown) return { outcome: 'failed', why: 'SERVFAIL' };
    return records.length > 0 ? { outcome: 'found', records } : { outcome: 'none' };
  }
}
