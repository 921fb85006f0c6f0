import type { KeyPair } from '../certs/key-pair.ts';

// How long a handshake waits for a certificate to be issued, in milliseconds.
const PATIENCE = 8_000;

/** Asks the primary for certificates that its local CA is to issue; one question at a time for each host. */
export class Issuing {
  readonly #ask: (host: string) => boolean;
  readonly #waiting = new Map<string, (pair: KeyPair | undefined) => void>();

  /** `ask` sends the question, and says whether there is anybody to ask. */
  constructor(ask: (host: string) => boolean) {
    this.#ask = ask;
  }

  /** The key pair; undefined where none is issued, or not in time. */
  issue(host: string): Promise<KeyPair | undefined> {
    if (!this.#ask(host)) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answered(host, undefined), PATIENCE);
      this.#waiting.set(host, (pair) => {
        clearTimeout(timer);
        resolve(pair);
      });
    });
  }

  answered(host: string, pair: KeyPair | undefined): void {
    const done = this.#waiting.get(host);
    this.#waiting.delete(host);
    done?.(pair);
  }
}
