/** A message with its length before it, as it goes over TCP (RFC 1035 section 4.2.2). */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Takes messages out of a stream. */
export class Frames {
  #received = Buffer.alloc(0);

  /** The messages that are whole now. */
  take(part: Uint8Array): Buffer[] {
    this.#received = Buffer.concat([this.#received, part]);
    const messages: Buffer[] = [];
    while (this.#received.length >= 2) {
      const end = 2 + this.#received.readUInt16BE();
      if (this.#received.length < end) break;
      messages.push(this.#received.subarray(2, end));
      this.#received = this.#received.subarray(end);
    }
    return messages;
  }
}
