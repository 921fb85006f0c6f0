import { CLASS, FLAG, HEADER, OPCODE, RCODE, TYPE } from './codes.ts';
import { opcodeOf } from './query.ts';
import { nameToWire } from './wire-name.ts';

/** That a zone has changed, for those who copy it (RFC 1996 section 3.7). */
export function notifyMessage(zone: string, id: number): Buffer {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE((OPCODE.NOTIFY << 11) | FLAG.AA, 2);
  header.writeUInt16BE(1, 4);
  const rest = Buffer.of(0, TYPE.SOA, 0, CLASS.IN);
  return Buffer.concat([header, nameToWire(zone), rest]);
}

/** Whether it was understood. */
export function isNotifyAnswer(message: Buffer, id: number): boolean {
  if (message.length < HEADER || message.readUInt16BE(0) !== id) return false;
  const flags = message.readUInt16BE(2);
  const isAnswer = (flags & FLAG.QR) !== 0 && opcodeOf(flags) === OPCODE.NOTIFY;
  return isAnswer && (flags & 0xf) === RCODE.NOERROR;
}
