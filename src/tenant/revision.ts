import type { Flaw } from '../flaws/flaw.ts';
import type { Policy } from '../policy/policy.ts';
import { nextPolicyId, type PolicyId } from '../policy/policy-id.ts';
import { formatRecord } from '../policy/record.ts';
import { formatPolicyText } from '../policy/text.ts';
import { disagreements } from '../senders/agreement.ts';

/** One set of served policy bytes. Never changed, never deleted while it can matter. */
export interface Revision {
  /** 1, 2, 3, … per tenant. */
  readonly number: number;
  readonly id: PolicyId;
  /** The served body (RFC 8461 section 3.2), ASCII. */
  readonly text: string;
  /** When it was accepted, in milliseconds since 1970. */
  readonly at: number;
  /** Who brought it: `file`, or a token's name. */
  readonly actor: string;
  /** The network address that it came from; empty for a file. */
  readonly address: string;
  /** What brought it, such as `document changed`. */
  readonly cause: string;
}

/** Where a tenant stands before a change. */
export interface Standing {
  /** The newest revision ever, of a tenant that left too: its id must not come back. */
  readonly newest: Revision | undefined;
  /** Whether that revision is being served. */
  readonly served: boolean;
}

/** Who changes a policy, when and why. */
export interface Change {
  readonly now: number;
  readonly actor: string;
  readonly address: string;
  readonly cause: string;
}

export type Acceptance =
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'revised'; readonly revision: Revision }
  | { readonly outcome: 'refused'; readonly flaws: readonly Flaw[] };

/**
 * The one door through which every policy comes, from a YAML file, the API, the console or the CLI (promise I1):
 * a new revision with a new policy id if and only if the served bytes change.
 * Refused where a known sender would read the served bytes or the record differently than they are meant.
 */
export function accept(policy: Policy, { newest, served: isServed }: Standing, change: Change): Acceptance {
  const text = formatPolicyText(policy);
  if (isServed && text === newest?.text) return { outcome: 'unchanged' };
  const id = nextPolicyId({ text, now: change.now, last: newest?.id });
  const served = {
    contentType: POLICY_CONTENT_TYPE,
    body: new TextEncoder().encode(text),
    txt: [[formatRecord(id)]],
  };
  const flaws = disagreements(policy, served);
  if (flaws.length > 0) return { outcome: 'refused', flaws };
  const { now: at, actor, address, cause } = change;
  const number = (newest?.number ?? 0) + 1;
  return { outcome: 'revised', revision: { number, id, text, at, actor, address, cause } };
}

/** RFC 8461 section 3.2: senders should check for `text/plain`; the only charsets are utf-8 and us-ascii. */
export const POLICY_CONTENT_TYPE = 'text/plain; charset=utf-8';
