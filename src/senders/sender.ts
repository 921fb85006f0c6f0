/** What a sender gets from a policy domain: the TXT records at `_mta-sts.<domain>` and the policy file. */
export interface Served {
  /** The Content-Type header of the policy file. */
  readonly contentType: string;
  readonly body: Uint8Array;
  /** Each TXT record as its character-strings. */
  readonly txt: readonly (readonly string[])[];
}

/** A sender that does not get a policy out of what is served: it goes on with the one it had, or with none. */
export interface Refusal {
  readonly read: 'refused';
  /** As the rest of a sentence that begins with the sender's name and "refuses it:". */
  readonly why: string;
}

/** The policy that a sender applies from now on. */
export interface ReadPolicy {
  readonly read: 'policy';
  readonly id: string;
  readonly mode: string;
  /** Seconds. */
  readonly max_age: number;
  readonly mx: readonly string[];
}

export type Reading = ReadPolicy | Refusal;

/** A model of how one program in the world reads a policy and its record. It never throws. */
export interface Sender {
  readonly name: string;
  read(served: Served): Reading;
}

/** Octets of a policy text that every sender with a limit reads (RFC 8461 section 3.3). */
export const MAX_BODY = 65536;

export function refused(why: string): Refusal {
  return { read: 'refused', why };
}

/** One character for each octet, for senders that look at octets. */
export function octetsOf(body: Uint8Array): string {
  return Buffer.from(body).toString('latin1');
}
