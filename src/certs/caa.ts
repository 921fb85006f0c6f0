import { quote } from '../flaws/quote.ts';
import type { Hostname } from '../names/hostname.ts';
import { type IssueValue, parseIssueValue } from './caa-value.ts';
import { CHALLENGE_TYPES, type ChallengeType } from './issuer.ts';

/** A CAA record (RFC 8659 section 4.1). */
export interface CaaRecord {
  readonly flags: number;
  readonly tag: string;
  readonly value: string;
}

/**
 * What a look-up of a name found, aliases followed as every resolver does: where the name is a CNAME, the records are
 * those of its target (RFC 8659 section 3). `failed` where there was no answer, which no CA takes for "none".
 */
export type CaaAnswer =
  | { readonly records: readonly CaaRecord[] /** Where the records stand. */; readonly owner?: string }
  | 'failed';

/** Who wants to issue. */
export interface CaaIdentity {
  /** The names that the CA answers to, the one to recommend first; from its directory's `caaIdentities`. */
  readonly issuers: readonly string[];
  /** The account's URL (RFC 8657 section 3), once there is one. */
  readonly account: string | undefined;
}

export type CaaVerdict =
  /** By these challenge types only (RFC 8657 section 4). */
  | { readonly may: true; readonly challenges: readonly ChallengeType[] }
  | {
      readonly may: false;
      readonly why: 'no-answer' | 'unknown-critical' | 'other-issuers' | 'other-account' | 'other-methods';
      readonly message: string;
      readonly remedy: string;
      /** The exact record to set, or for `unknown-critical` to remove, as a zone file has it. */
      readonly record: string | undefined;
      readonly rfc: string;
    };

type Refusal = Extract<CaaVerdict, { readonly may: false }>;

// The tags whose meaning a CA has to know. Those of mail certificates (RFC 9495) do not bind us.
const KNOWN_TAGS: ReadonlySet<string> = new Set(['issue', 'issuewild', 'iodef', 'issuemail']);
// Bit 0 is the most significant one. So many people read that the other way round that CAs heed both.
const CRITICAL = 128 | 1;

/** The names to look up, in this order, until one has records (RFC 8659 section 3). */
export function caaNames(host: Hostname): readonly string[] {
  const labels = host.split('.');
  return labels.map((_, index) => labels.slice(index).join('.'));
}

/** Whether the CA may issue for this host, which is no wildcard, and what to do if not. */
export function mayIssue(host: Hostname, lookUp: (name: string) => CaaAnswer, ca: CaaIdentity): CaaVerdict {
  for (const name of caaNames(host)) {
    const answer = lookUp(name);
    if (answer === 'failed') return noAnswer(name);
    if (answer.records.length > 0) return judge(answer.records, answer.owner ?? name, ca);
  }
  return { may: true, challenges: CHALLENGE_TYPES };
}

function judge(records: readonly CaaRecord[], owner: string, ca: CaaIdentity): CaaVerdict {
  const unknown = records.find(({ flags, tag }) => flags & CRITICAL && !KNOWN_TAGS.has(tag.toLowerCase()));
  if (unknown !== undefined) return unknownCritical(unknown, owner);
  const issue = records.filter(({ tag }) => tag.toLowerCase() === 'issue');
  // RFC 8659 section 4.2: what has no `issue` property does not restrict.
  if (issue.length === 0) return { may: true, challenges: CHALLENGE_TYPES };
  const grants = issue.map(({ value }) => parseIssueValue(value)).filter((value) => value !== undefined);
  return judgeGrants(grants, owner, ca);
}

/** Authorizations add up (RFC 8659 section 4.2): one that fits is enough. */
function judgeGrants(grants: readonly IssueValue[], owner: string, ca: CaaIdentity): CaaVerdict {
  const issuers = ca.issuers.map((issuer) => issuer.toLowerCase());
  const ours = grants.filter(({ issuer }) => issuer !== '' && issuers.includes(issuer));
  if (ours.length === 0) return otherIssuers(owner, ca);
  const account = ours.filter((grant) => fitsAccount(grant, ca.account));
  if (account.length === 0) return otherAccount(owner, ca);
  const challenges = CHALLENGE_TYPES.filter((type) => account.some((grant) => fitsMethod(grant, type)));
  return challenges.length === 0 ? otherMethods(owner, ca) : { may: true, challenges };
}

/** RFC 8657 section 3: one that is given twice can't be met. */
function fitsAccount({ parameters }: IssueValue, account: string | undefined): boolean {
  const uris = parameters.filter(({ tag }) => tag === 'accounturi');
  return uris.length === 0 || (uris.length === 1 && uris[0]?.value === account);
}

/** RFC 8657 section 4. */
function fitsMethod({ parameters }: IssueValue, type: ChallengeType): boolean {
  const lists = parameters.filter(({ tag }) => tag === 'validationmethods');
  if (lists.length !== 1) return lists.length === 0;
  const methods = lists[0]?.value.split(',') ?? [];
  return methods.every((method) => /^[A-Za-z\d-]+$/.test(method)) && methods.includes(type);
}

function noAnswer(name: string): Refusal {
  return {
    may: false,
    why: 'no-answer',
    message: `The name servers gave no answer to a CAA query for ${name}, so no CA may issue`,
    remedy: 'Make all name servers of the zone answer CAA queries, even if there is no such record',
    record: undefined,
    rfc: 'RFC 8659 section 3',
  };
}

function unknownCritical({ flags, tag, value }: CaaRecord, owner: string): Refusal {
  return {
    may: false,
    why: 'unknown-critical',
    message: `The CAA record with the tag ${quote(tag)} at ${owner} is critical, and CAs do not know it`,
    remedy: 'Remove the record, or set its flags to 0',
    // Who wrote the tag is a stranger: what breaks the grammar is not passed on as a line to copy.
    record: /^[A-Za-z\d]+$/.test(tag) ? zoneLine(owner, value, flags, tag) : undefined,
    rfc: 'RFC 8659 section 4.1',
  };
}

function otherIssuers(owner: string, ca: CaaIdentity): Refusal {
  return {
    may: false,
    why: 'other-issuers',
    message: `The CAA records at ${owner} do not let ${ca.issuers[0] ?? 'this CA'} issue`,
    remedy: `Add this record to those at ${owner}`,
    record: grantLine(owner, ca, ''),
    rfc: 'RFC 8659 section 4.2',
  };
}

function otherAccount(owner: string, ca: CaaIdentity): Refusal {
  return {
    may: false,
    why: 'other-account',
    message: `The CAA records at ${owner} let another account than ours order at ${ca.issuers[0] ?? 'this CA'}`,
    remedy: `Add this record to those at ${owner}`,
    record: grantLine(owner, ca, ca.account === undefined ? '' : `; accounturi=${ca.account}`),
    rfc: 'RFC 8657 section 3',
  };
}

function otherMethods(owner: string, ca: CaaIdentity): Refusal {
  return {
    may: false,
    why: 'other-methods',
    message: `The CAA records at ${owner} allow neither ${CHALLENGE_TYPES.join(' nor ')}`,
    remedy: `Add this record to those at ${owner}`,
    record: grantLine(owner, ca, `; validationmethods=${CHALLENGE_TYPES.join(',')}`),
    rfc: 'RFC 8657 section 4',
  };
}

function grantLine(owner: string, { issuers }: CaaIdentity, parameters: string): string | undefined {
  return issuers[0] === undefined ? undefined : zoneLine(owner, `${issuers[0]}${parameters}`);
}

/** RFC 8659 section 4.1.1, the value as a character string (RFC 1035 section 5.1). */
function zoneLine(owner: string, value: string, flags = 0, tag = 'issue'): string {
  const escaped = value.replace(/["\\]/g, '\\$&').replace(/[^\x20-\x7e]/g, '?');
  return `${owner}. IN CAA ${flags} ${tag} "${escaped}"`;
}
