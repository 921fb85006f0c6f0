const LENGTH = 2;

/** A message as it goes over TCP (RFC 1035 section 4.2.2): in one piece, so that it leaves in one packet. */
export function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH + message.length);
  bytes.writeUInt16BE(message.length, 0);
  bytes.set(message, LENGTH);
  return bytes;
}

/** Takes messages out of a stream. */
export class Frames {
  #received = Buffer.alloc(0);

  /** The messages that are whole now. */
  take(part: Uint8Array): Buffer[] {
    this.#received = Buffer.concat([this.#received, part]);
    const messages: Buffer[] = [];
    while (this.#received.length >= LENGTH) {
      const end = LENGTH + this.#received.readUInt16BE();
      if (this.#received.length < end) break;
      messages.push(this.#received.subarray(LENGTH, end));
      this.#received = this.#received.subarray(end);
    }
    return messages;
  }
}
