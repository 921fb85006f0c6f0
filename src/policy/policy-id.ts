import { createHash } from 'node:crypto';
import { flawed, type Parsed, parsed } from '../flaws/flaw.ts';

/** The `id` of a policy in its TXT record: 1 to 32 letters or digits (RFC 8461 section 3.1). */
export type PolicyId = string & { readonly __policyId: unique symbol };

const SECOND = 1000;
const OURS = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z[\da-f]{8}$/;
const LAST_SECOND = Date.UTC(9999, 11, 31, 23, 59, 59);

export function parsePolicyId(text: string): Parsed<PolicyId> {
  if (/^[A-Za-z\d]{1,32}$/.test(text)) return parsed(text as PolicyId);
  return flawed({
    path: '',
    message: 'the policy id is not 1 to 32 letters or digits',
    remedy: 'use ASCII letters and digits only, such as 20261122T190650Z5f3a9c1e',
    rfc: 'RFC 8461 section 3.1',
  });
}

/** What a new policy id is made from. */
export interface PolicyIdSource {
  /** The policy text as served. */
  readonly text: string | Uint8Array;
  /** The wall clock; milliseconds since 1970 where a number. */
  readonly now: Date | number;
  /** The id announced before, of whatever origin. */
  readonly last?: PolicyId | undefined;
}

/**
 * The id for a new text: its second, and a piece of its hash. An id is never used again, not even for an
 * earlier text, so each is greater than `last` even where the clock was set back or two changes share a
 * second. After an id that is not of this form it is merely different.
 *
 * Throws RangeError where `now` is no time between the years 0 and 9999.
 */
export function nextPolicyId({ text, now, last }: PolicyIdSource): PolicyId {
  const clock = Math.floor(Number(now) / SECOND) * SECOND;
  const previous = last === undefined ? undefined : timeOf(last);
  const time = previous === undefined ? clock : Math.max(clock, previous + SECOND);
  return `${formatTime(time)}${pieceOfHash(text)}` as PolicyId;
}

/** Whether an id has the form that ours have: no other software is known to make such. */
export function isOwnForm(id: PolicyId): boolean {
  return timeOf(id) !== undefined;
}

/** Undefined for an id that {@link nextPolicyId} did not make, or that none could follow. */
function timeOf(id: PolicyId): number | undefined {
  const fields = OURS.exec(id);
  if (fields === null) return undefined;
  const [year, month, day, hour, minute, second] = fields.slice(1);
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  // A 30th of February would be read as the 2nd of March.
  const isReal = time < LAST_SECOND && id.startsWith(formatTime(time));
  return isReal ? time : undefined;
}

function formatTime(time: number): string {
  if (!(time <= LAST_SECOND)) throw new RangeError(`no time for a policy id: ${time}`);
  const iso = new Date(time).toISOString();
  if (iso.startsWith('-')) throw new RangeError(`no time for a policy id: ${iso}`);
  return `${iso.slice(0, 19).replace(/[:-]/g, '')}Z`;
}

function pieceOfHash(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
