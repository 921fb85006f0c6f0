/** Lets so many listen at once, of each token and of all, since each holds a connection for as long as it likes. */
export class Listeners {
  readonly #counts = new Map<string, number>();
  readonly #most: { readonly all: number; readonly each: number };
  #all = 0;

  constructor(most = { all: 200, each: 20 }) {
    this.#most = most;
  }

  /** @returns what to call when whoever listened has gone; undefined where there is no room for another. */
  take(token: string): (() => void) | undefined {
    const count = this.#counts.get(token) ?? 0;
    if (this.#all >= this.#most.all || count >= this.#most.each) return undefined;
    this.#all += 1;
    this.#counts.set(token, count + 1);
    return () => {
      this.#all -= 1;
      const left = (this.#counts.get(token) ?? 1) - 1;
      if (left > 0) this.#counts.set(token, left);
      else this.#counts.delete(token);
    };
  }
}
