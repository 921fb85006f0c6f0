/** Reads something that can fail; while it does, what was read last stands. */
export class LastKnown<T> {
  readonly #read: () => T;
  #value: T;
  #failure: unknown;

  /** `first` stands until it could be read. */
  constructor(read: () => T, first: T) {
    this.#read = read;
    this.#value = first;
  }

  /** Why it could not be read just now; undefined where it could. */
  get failure(): unknown {
    return this.#failure;
  }

  read(): T {
    try {
      this.#value = this.#read();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
    }
    return this.#value;
  }
}
