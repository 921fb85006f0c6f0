import { type DecodedPacket, decode, type OptAnswer } from 'dns-packet';
import { CLASS, OPCODE, RCODE, rcodeName, TYPE } from '../../src/dns/codes.ts';
import type { RecordSet } from '../../src/dns/record-set.ts';
import { nameToWire } from '../../src/dns/wire-name.ts';
import { Zone, type ZoneFacts } from '../../src/dns/zone.ts';

export const FACTS: ZoneFacts = {
  name: 'z.sts.example.net',
  nameservers: ['sts.example.net'],
  mailbox: 'hostmaster.sts.example.net',
  ttl: 300,
  negativeTtl: 60,
};

export function zoneWith(sets: readonly RecordSet[], serial = 1, facts: Partial<ZoneFacts> = {}): Zone {
  const zone = new Zone({ ...FACTS, ...facts });
  for (const set of sets) zone.load(set);
  zone.serial = serial;
  return zone;
}

export interface Asked {
  readonly name?: string;
  /** The question's name in hexadecimal, for what no text says. */
  readonly wire?: string;
  readonly type: string;
  readonly class?: string;
  readonly id?: number;
  readonly flags?: readonly ('rd' | 'ad' | 'cd' | 'qr')[];
  readonly opcode?: number;
  readonly questions?: number;
  readonly edns?: { readonly size: number; readonly version?: number; readonly do?: boolean };
  readonly twice?: boolean;
  /** What follows the last record, in hexadecimal. */
  readonly trailing?: string;
}

const FLAGS = { qr: 0x8000, rd: 0x0100, ad: 0x0020, cd: 0x0010 };
const TYPES: Readonly<Record<string, number>> = { ...TYPE, A: 1, AAAA: 28, DS: 43 };
const CLASSES: Readonly<Record<string, number>> = { ...CLASS, CH: 3 };

/** A query as a client writes it. */
export function queryFor(asked: Asked): Buffer {
  const { id = 0x1234, flags = [], opcode = OPCODE.QUERY, questions = 1, edns, twice = false } = asked;
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(
    flags.reduce((sum, flag) => sum | FLAGS[flag], opcode << 11),
    2,
  );
  header.writeUInt16BE(questions, 4);
  const opts = edns === undefined ? [] : Array.from({ length: twice ? 2 : 1 }, () => optOf(edns));
  header.writeUInt16BE(opts.length, 10);
  return Buffer.concat([header, questionOf(asked), ...opts, Buffer.from(asked.trailing ?? '', 'hex')]);
}

export function questionOf({ name = '.', wire, type, class: klass = 'IN' }: Asked): Buffer {
  const rest = Buffer.alloc(4);
  rest.writeUInt16BE(TYPES[type] ?? 0, 0);
  rest.writeUInt16BE(CLASSES[klass] ?? 0, 2);
  return Buffer.concat([
    wire === undefined ? nameToWire(name === '.' ? '' : name) : Buffer.from(wire, 'hex'),
    rest,
  ]);
}

function optOf({ size, version = 0, do: isDnssecOk = false }: NonNullable<Asked['edns']>): Buffer {
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(TYPE.OPT, 1);
  opt.writeUInt16BE(size, 3);
  opt.writeUInt8(version, 6);
  opt.writeUInt16BE(isDnssecOk ? 0x8000 : 0, 7);
  return opt;
}

/** An answer as the tables say it: read by somebody else's decoder. */
export function shown(bytes: Buffer) {
  const packet = decode(bytes);
  const opt = packet.additionals?.find((record): record is OptAnswer => record.type === 'OPT');
  const flags = bytes.readUInt16BE(2);
  const names = { aa: 0x400, tc: 0x200, rd: 0x100, ra: 0x80, ad: 0x20, cd: 0x10 };
  return {
    rcode: rcodeName((flags & 0xf) | ((opt?.extendedRcode ?? 0) << 4)),
    flags: Object.entries(names).flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name])),
    question: packet.questions?.[0]?.name,
    answers: lines(packet.answers),
    authorities: lines(packet.authorities),
    edns: opt && { size: opt.udpPayloadSize, version: opt.ednsVersion, do: opt.flag_do },
  };
}

function lines(records: DecodedPacket['answers'] = []): string[] {
  return records.map((record) => {
    if (record.type === 'OPT') return 'OPT';
    const ttl = 'ttl' in record ? record.ttl : 0;
    return `${record.name} ${ttl} ${record.type} ${dataOf(record)}`.trim();
  });
}

function dataOf(record: Exclude<NonNullable<DecodedPacket['answers']>[number], OptAnswer>): string {
  if (record.type === 'TXT') return [record.data].flat().map(String).join('|');
  if (record.type === 'HINFO') return `${record.data.cpu}${record.data.os}`;
  if (record.type !== 'SOA') return String(record.data);
  const { mname, rname, serial, refresh, retry, expire, minimum } = record.data;
  return [mname, rname, serial, refresh, retry, expire, minimum].join(' ');
}

export const NOERROR = rcodeName(RCODE.NOERROR);
