import type { Happening, HappeningStore } from '../../access/happening.ts';

export interface HappeningsOptions {
  readonly store: Pick<HappeningStore, 'add'>;
  readonly log: { error(line: object): void };
  now(): number;
}

/** Tells what happens: it is kept for those who come later, and those who listen are woken. */
export class Happenings {
  readonly #options: HappeningsOptions;
  readonly #heard = new Set<() => void>();

  constructor(options: HappeningsOptions) {
    this.#options = options;
  }

  /** Never throws: whoever does something has done it, whether it can be told or not. */
  tell(happenings: readonly Happening[]): void {
    const { store, log, now } = this.#options;
    if (happenings.length === 0) return;
    try {
      store.add(happenings, now());
      for (const heard of this.#heard) heard();
    } catch (error) {
      log.error({ event: 'happenings_not_told', err: error });
    }
  }

  /** Calls back when something was told, until the function that it returns is called. */
  listen(heard: () => void): () => void {
    this.#heard.add(heard);
    return () => this.#heard.delete(heard);
  }
}
