/** A domain name as it is read from a message: without compression, in its own letter case. */
export interface WireName {
  readonly wire: Buffer;
  /** Where the next field of the message begins. */
  readonly end: number;
  /** Whether a pointer stood in it. */
  readonly compressed: boolean;
}

// RFC 1035 section 3.1.
const MOST_LABEL = 63;
const MOST_WIRE = 255;
const POINTER = 0xc0;

/** A name of ASCII labels, with or without its last dot, in wire form. Throws RangeError for what has none. */
export function nameToWire(name: string): Buffer {
  const labels = (name.endsWith('.') ? name.slice(0, -1) : name).split('.');
  const parts = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  const wire =
    labels.length === 1 && labels[0] === '' ? Buffer.alloc(1) : Buffer.concat([...parts, Buffer.alloc(1)]);
  const isName = wire.length === 1 || labels.every((label) => label !== '' && label.length <= MOST_LABEL);
  if (isName && wire.length <= MOST_WIRE) return wire;
  throw new RangeError(`no domain name: ${JSON.stringify(name)}`);
}

/** Reads the name at an offset of a message (RFC 1035 section 4.1.4); undefined where there is none. */
export function readWireName(message: Uint8Array, at: number): WireName | undefined {
  const parts: Uint8Array[] = [];
  let size = 0;
  let end: number | undefined;
  // Pointers go back only, so that they come to an end.
  for (let offset = at, before = at; ; ) {
    const length = message[offset];
    if (length === undefined) return undefined;
    if (length >= POINTER) {
      const low = message[offset + 1];
      if (low === undefined) return undefined;
      end ??= offset + 2;
      offset = ((length - POINTER) << 8) | low;
      if (offset >= before) return undefined;
      before = offset;
      continue;
    }
    const label = message.subarray(offset, offset + 1 + length);
    size += label.length;
    if (length > MOST_LABEL || label.length !== 1 + length || size > MOST_WIRE) return undefined;
    parts.push(label);
    offset += label.length;
    if (length === 0)
      return { wire: Buffer.concat(parts), end: end ?? offset, compressed: end !== undefined };
  }
}

/** For people: without the last dot, what is not printable as `\\DDD` (RFC 4343 section 2.1); `.` for the root. */
export function wireToText(wire: Buffer): string {
  const labels: string[] = [];
  for (let at = 0; at < wire.length && wire[at] !== 0; at += 1 + (wire[at] ?? 0)) {
    const label = wire.subarray(at + 1, at + 1 + (wire[at] ?? 0));
    labels.push([...label].map(escaped).join(''));
  }
  return labels.length === 0 ? '.' : labels.join('.');
}

function escaped(octet: number): string {
  const character = String.fromCharCode(octet);
  if (/[\w*-]/.test(character)) return character;
  return `\\${String(octet).padStart(3, '0')}`;
}

/** In lower case, as names are compared and digested (RFC 4034 section 6.2). */
export function canonicalName(wire: Uint8Array): Buffer {
  // A label's length is below every letter.
  return Buffer.from(wire.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)));
}
