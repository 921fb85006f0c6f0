/**
 * The bodies of all policies by policy host. All bodies lie in one slab, and a host maps to a plain number, so that
 * a tenant costs its bytes and no object, and nothing of a tenant's is seen by the garbage collector.
 */
export class PolicyTable {
  readonly #places = new Map<string, number>();
  #slab: Buffer;
  #end = 0;
  #dead = 0;

  constructor(capacity = 64 * 1024) {
    this.#slab = Buffer.allocUnsafeSlow(capacity);
  }

  get size(): number {
    return this.#places.size;
  }

  get(host: string): Buffer | undefined {
    const place = this.#places.get(host);
    if (place === undefined) return undefined;
    const start = place + LENGTH_BYTES;
    return this.#slab.subarray(start, start + this.#slab.readUInt32LE(place));
  }

  has(host: string): boolean {
    return this.#places.has(host);
  }

  set(host: string, text: string): void {
    this.delete(host);
    this.#makeRoom(LENGTH_BYTES + text.length);
    this.#slab.writeUInt32LE(text.length, this.#end);
    // Policy texts are ASCII: one byte for each character.
    this.#slab.write(text, this.#end + LENGTH_BYTES, 'latin1');
    this.#places.set(host, this.#end);
    this.#end += LENGTH_BYTES + text.length;
  }

  delete(host: string): void {
    const place = this.#places.get(host);
    if (place === undefined) return;
    this.#dead += LENGTH_BYTES + this.#slab.readUInt32LE(place);
    this.#places.delete(host);
  }

  /** Moves what lives into a new slab; the old one stays whole for responses that are still being written. */
  #makeRoom(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return;
    const living = this.#end - this.#dead;
    const old = this.#slab;
    this.#slab = Buffer.allocUnsafeSlow(Math.ceil(GROWTH * (living + bytes)));
    this.#end = 0;
    this.#dead = 0;
    for (const [host, place] of this.#places) {
      const length = LENGTH_BYTES + old.readUInt32LE(place);
      old.copy(this.#slab, this.#end, place, place + length);
      this.#places.set(host, this.#end);
      this.#end += length;
    }
  }
}

const LENGTH_BYTES = 4;
const GROWTH = 1.5;
