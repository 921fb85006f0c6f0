import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { ReadPolicy, Served } from '../../src/senders/sender.ts';
import type { RealReading } from './real.ts';

type Fields = Omit<ReadPolicy, 'read'>;
type Said = 'refused' | Partial<Fields>;

interface Written {
  readonly name: string;
  readonly type?: string;
  readonly txt?: readonly (readonly string[])[];
  readonly body?: string;
  readonly octets?: string;
  readonly repeat?: { readonly text: string; readonly times: number };
  readonly all?: Said;
  /** By the sender's name. */
  readonly [sender: string]: unknown;
}

interface File {
  readonly usual: { type: string; txt: readonly (readonly string[])[]; body: string; reads: Fields };
  readonly cases: readonly Written[];
}

export interface Case {
  readonly name: string;
  readonly served: Served;
  reading(sender: string): RealReading;
}

const { usual, cases }: File = parse(readFileSync(`${import.meta.dirname}/cases.yaml`, 'utf8'));

export const CASES: readonly Case[] = cases.map((written) => ({
  name: written.name,
  served: { contentType: written.type ?? usual.type, body: bodyOf(written), txt: written.txt ?? usual.txt },
  reading: (sender) => {
    const said = (written[sender] ?? written.all ?? {}) as Said;
    return said === 'refused' ? { read: 'refused' } : { read: 'policy', ...usual.reads, ...said };
  },
}));

/** What is served in the usual case, with another body. */
export function usualWith(body: string): Served {
  return { contentType: usual.type, body: Buffer.from(body), txt: usual.txt };
}

function bodyOf({ body = usual.body, octets, repeat }: Written): Buffer {
  if (octets !== undefined) return Buffer.from(octets, 'hex');
  return Buffer.from(repeat === undefined ? body : body + repeat.text.repeat(repeat.times));
}
