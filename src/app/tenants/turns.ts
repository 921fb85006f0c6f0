/** Lets work on the same thing be done by one after the other, in the order in which they asked. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /** Waits until all of these are free, and takes them. @returns what gives them back. */
  async take(keys: readonly string[]): Promise<() => void> {
    let release = (): void => {};
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    // All are asked for at once, so that nobody waits for somebody who waits for them.
    const before = keys.map((key) => this.#last.get(key));
    for (const key of keys) this.#last.set(key, mine);
    await Promise.all(before);
    return () => {
      for (const key of keys) if (this.#last.get(key) === mine) this.#last.delete(key);
      release();
    };
  }
}
