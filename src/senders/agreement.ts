import type { Flaw } from '../flaws/flaw.ts';
import { selectRecord } from '../policy/record.ts';
import { mailauth } from './mailauth.ts';
import { mox } from './mox.ts';
import { postfixMtaStsResolver } from './postfix-mta-sts-resolver.ts';
import { postfixTlspol } from './postfix-tlspol.ts';
import type { ReadPolicy, Sender, Served } from './sender.ts';

/** What every sender is to read. */
export interface Intended {
  readonly mode: string;
  /** Seconds. */
  readonly max_age: number;
  /** Lower-case patterns, each once. */
  readonly mx: readonly string[];
}

/** The senders that a body and record have to suit before they are served. */
export const SENDERS: readonly Sender[] = [postfixMtaStsResolver, postfixTlspol, mox, mailauth];

const RFC = 'RFC 8461 section 3.2';
const MAX_SHOWN = 200;

/**
 * One flaw for each known sender that would not read exactly this policy under the record's id. Paths are
 * relative to the policy: `mx`, `max_age`, or empty where a sender refuses the whole.
 *
 * In mode none a sender enforces nothing, so there mode and id alone have to be read alike. A sender that
 * refuses such a policy is told all the same: it may go on with an earlier one that enforces.
 */
export function disagreements(policy: Intended, served: Served): Flaw[] {
  const selection = selectRecord(served.txt);
  if (selection.found === 'none') return [selection.why];
  const intended: ReadPolicy = { read: 'policy', id: selection.record.id, ...policy };
  return SENDERS.flatMap((sender) => disagreement(sender, intended, served));
}

function disagreement(sender: Sender, intended: ReadPolicy, served: Served): Flaw[] {
  const reading = sender.read(served);
  if (reading.read === 'refused') {
    const message = `${sender.name} refuses it: ${reading.why}`;
    return [
      { path: '', message, remedy: 'change what it refuses, for many domains are reached with it', rfc: RFC },
    ];
  }
  const compared =
    intended.mode === 'none' ? (['id', 'mode'] as const) : (['id', 'mode', 'max_age', 'mx'] as const);
  const field = compared.find((name) => String(reading[name]) !== String(intended[name]));
  if (field === undefined) return [];
  const message = `${sender.name} reads ${field} as ${show(reading[field])}, not ${show(intended[field])}`;
  const remedy =
    'write it so that every sender reads the same, and look for an extension field of a like name';
  return [{ path: field === 'id' ? '' : field, message, remedy, rfc: RFC }];
}

function show(value: ReadPolicy[keyof ReadPolicy]): string {
  const text = JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
