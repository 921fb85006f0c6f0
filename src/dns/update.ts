import { CLASS, HEADER, OPCODE, TYPE } from './codes.ts';
import { canonicalName, nameToWire } from './wire-name.ts';
import { txtRecord } from './wire-record.ts';

// Dynamic updates (RFC 2136) and the questions that go before them, as bytes.

/** What must be so, or nothing is changed (RFC 2136 section 2.4). */
type Prerequisite =
  | { readonly require: 'set' | 'no-set'; readonly name: string; readonly type: number }
  /** The set has these records and no others, whatever their time to live. */
  | {
      readonly require: 'exactly';
      readonly name: string;
      readonly type: number;
      readonly data: readonly Buffer[];
    };

/** What is changed, in this order (RFC 2136 section 2.5). */
type Change =
  | { readonly do: 'delete-set'; readonly name: string; readonly type: number }
  | {
      readonly do: 'add';
      readonly name: string;
      readonly type: number;
      readonly ttl: number;
      readonly data: Buffer;
    };

export interface Update {
  readonly id: number;
  readonly zone: string;
  readonly prerequisites: readonly Prerequisite[];
  readonly changes: readonly Change[];
}

const OPCODE_UPDATE = OPCODE.UPDATE << 11;
/** Type, class, time to live and length, before a record's data. */
const FIXED = 10;
const EMPTY = Buffer.alloc(0);

/** A query without recursion: it is the server itself that is asked. */
export function encodeQuestion(id: number, name: string, type: number): Buffer {
  return Buffer.concat([header(id, 0, [1, 0, 0]), zoneOrQuestion(name, type)]);
}

/** Names are ASCII, with or without the last dot. Throws RangeError where one is none. */
export function encodeUpdate({ id, zone, prerequisites, changes }: Update): Buffer {
  const required = prerequisites.flatMap(prerequisiteRecords);
  const changed = changes.map(changeRecord);
  const counts = [1, required.length, changed.length] as const;
  return Buffer.concat([
    header(id, OPCODE_UPDATE, counts),
    zoneOrQuestion(zone, TYPE.SOA),
    ...required,
    ...changed,
  ]);
}

/** The data of a TXT record. */
export function txtData(text: string): Buffer {
  return txtRecord(text, 0).subarray(FIXED);
}

/** The text of a TXT record, its strings joined as senders join them; undefined where the data is no such record. */
export function txtText(data: Buffer): string | undefined {
  let text = '';
  for (let at = 0; at < data.length; ) {
    const end = at + 1 + (data[at] ?? 0);
    if (end > data.length) return undefined;
    text += data.toString('latin1', at + 1, end);
    at = end;
  }
  return text;
}

function header(id: number, flags: number, counts: readonly [number, number, number]): Buffer {
  const bytes = Buffer.alloc(HEADER);
  for (const [index, value] of [id, flags, ...counts].entries()) bytes.writeUInt16BE(value, 2 * index);
  return bytes;
}

function zoneOrQuestion(name: string, type: number): Buffer {
  const rest = Buffer.alloc(4);
  rest.writeUInt16BE(type, 0);
  rest.writeUInt16BE(CLASS.IN, 2);
  return Buffer.concat([canonicalName(nameToWire(name)), rest]);
}

function prerequisiteRecords(prerequisite: Prerequisite): readonly Buffer[] {
  const { name, type } = prerequisite;
  switch (prerequisite.require) {
    case 'set':
      return [record({ name, type, class: CLASS.ANY })];
    case 'no-set':
      return [record({ name, type, class: CLASS.NONE })];
    case 'exactly':
      return prerequisite.data.map((data) => record({ name, type, class: CLASS.IN, data }));
  }
}

function changeRecord(change: Change): Buffer {
  if (change.do === 'delete-set') return record({ ...change, class: CLASS.ANY });
  return record({ ...change, class: CLASS.IN });
}

interface Written {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl?: number;
  readonly data?: Buffer;
}

function record({ name, type, class: recordClass, ttl = 0, data = EMPTY }: Written): Buffer {
  const fixed = Buffer.alloc(FIXED);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(recordClass, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([canonicalName(nameToWire(name)), fixed, data]);
}
