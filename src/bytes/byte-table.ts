/**
 * Bytes by name. All of them lie in one slab, and a name maps to a plain number, so that an entry costs its bytes and
 * no object, and the garbage collector sees nothing of it.
 */
export class ByteTable {
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

  get(name: string): Buffer | undefined {
    const place = this.#places.get(name);
    return place === undefined ? undefined : bytesAt(this.#slab, place);
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** A text is one byte for each character (Latin-1). */
  set(name: string, bytes: Buffer | string): void {
    this.delete(name);
    this.#makeRoom(LENGTH_BYTES + bytes.length);
    this.#slab.writeUInt32LE(bytes.length, this.#end);
    if (typeof bytes === 'string') this.#slab.write(bytes, this.#end + LENGTH_BYTES, 'latin1');
    else bytes.copy(this.#slab, this.#end + LENGTH_BYTES);
    this.#places.set(name, this.#end);
    this.#end += LENGTH_BYTES + bytes.length;
  }

  delete(name: string): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    this.#dead += LENGTH_BYTES + this.#slab.readUInt32LE(place);
    this.#places.delete(name);
  }

  /** All entries as they are now, whatever is changed while they are gone through. */
  snapshot(): Iterable<readonly [name: string, bytes: Buffer]> {
    const names = [...this.#places.keys()];
    const places = Uint32Array.from(this.#places.values());
    return entries(names, places, this.#slab);
  }

  /** Moves what lives into a new slab; the old one stays whole for those who still read from it. */
  #makeRoom(bytes: number): void {
    if (this.#end + bytes <= this.#slab.length) return;
    const living = this.#end - this.#dead;
    const old = this.#slab;
    this.#slab = Buffer.allocUnsafeSlow(Math.ceil(GROWTH * (living + bytes)));
    this.#end = 0;
    this.#dead = 0;
    for (const [name, place] of this.#places) {
      const length = LENGTH_BYTES + old.readUInt32LE(place);
      old.copy(this.#slab, this.#end, place, place + length);
      this.#places.set(name, this.#end);
      this.#end += length;
    }
  }
}

const LENGTH_BYTES = 4;
const GROWTH = 1.5;

function bytesAt(slab: Buffer, place: number): Buffer {
  const start = place + LENGTH_BYTES;
  return slab.subarray(start, start + slab.readUInt32LE(place));
}

function* entries(names: readonly string[], places: Uint32Array, slab: Buffer) {
  for (const [index, name] of names.entries()) yield [name, bytesAt(slab, places[index] ?? 0)] as const;
}
