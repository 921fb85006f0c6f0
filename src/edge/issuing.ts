import type { KeyPair } from '../certs/key-pair.ts';

// How long a handshake waits for a certificate to be issued, in milliseconds.
const PATIENCE = 8_000;

/** Asks the primary for certificates that its local CA is to issue, once for all handshakes that wait for one. */
export class Issuing {
  readonly #ask: (host: string) => void;
  readonly #waiting = new Map<string, (pair: KeyPair | undefined) => void>();

  constructor(ask: (host: string) => void) {
    this.#ask = ask;
  }

  issue(host: string): Promise<KeyPair | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answered(host, undefined), PATIENCE);
      this.#waiting.set(host, (pair) => {
        clearTimeout(timer);
        resolve(pair);
      });
      this.#ask(host);
    });
  }

  answered(host: string, pair: KeyPair | undefined): void {
    const done = this.#waiting.get(host);
    this.#waiting.delete(host);
    done?.(pair);
  }
}
