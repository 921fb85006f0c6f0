import { mayIssue } from '../certs/caa.ts';
import { CHALLENGE_TYPES, type ChallengeType } from '../certs/issuer.ts';
import type { LookResult } from '../certs/upkeep.ts';
import type { Hostname } from '../names/hostname.ts';
import { registrableDomain } from '../names/registrable-domain.ts';
import type { Addresses, CaToAsk, Finding, Observation, PathSeen } from './observation.ts';
import { isOurs, pathFindings } from './path-finding.ts';

export interface Look extends LookResult {
  readonly findings: readonly Finding[];
}

type State = 'open' | 'shut' | 'unclear';
type Verdict = ReturnType<typeof mayIssue>;

/** What a CA may be offered. */
interface Choice {
  readonly ca: CaToAsk;
  readonly verdict: Verdict;
  /** What would be answered, and what may be for all that is known. */
  readonly ways: readonly ChallengeType[];
  readonly maybe: readonly ChallengeType[];
}

/** What can be said before anything is asked: no CA issues for a public suffix. */
export function refuseName(host: Hostname, cas: readonly CaToAsk[]): Look | undefined {
  if (registrableDomain(host) !== undefined) return undefined;
  const message = `${host} is a public suffix, for which no CA issues`;
  const remedy = 'Host the policy of a domain that somebody registered below it';
  const ways = Object.fromEntries(cas.map(({ name }) => [name, []]));
  return { found: 'bad', ways, why: message, findings: [{ path: host, message, remedy }] };
}

/** Whether an order can succeed, must fail, or who knows; and what to mend. */
export function decide(seen: Observation): Look {
  const states = new Map(CHALLENGE_TYPES.map((type) => [type, stateOf(type, seen)]));
  const choices = seen.cas.map((ca) => choose(ca, states, seen));
  const ways = Object.fromEntries(choices.map(({ ca, ways }) => [ca.name, ways]));
  const caaFindings = findingsOf(choices, seen.host);
  if (choices.some(({ ways }) => ways.length > 0)) {
    return { found: 'good', ways, why: `${seen.host} leads here`, findings: caaFindings };
  }
  const found = choices.some(({ maybe }) => maybe.length > 0) ? 'unclear' : 'bad';
  // Where a path is open and no CA may use it, the others are not what is in the way.
  const isPathInTheWay = choices.some(({ verdict }) => verdict.may) || ![...states.values()].includes('open');
  const findings = [...(isPathInTheWay ? pathFindings(seen) : []), ...caaFindings];
  return { found, ways, why: findings[0]?.message ?? 'no challenge type fits any CA', findings };
}

/** A CA may pick any of the addresses, so that one that leads elsewhere is enough to fail. */
function stateOf(type: ChallengeType, seen: Observation): State {
  const states = seen.paths.filter((path) => path.type === type).map((path) => pathState(path, seen));
  if (states.includes('shut')) return 'shut';
  if (states.includes('unclear')) return 'unclear';
  if (isUnknown(seen.addresses)) return 'unclear';
  return states.length > 0 ? 'open' : 'shut';
}

function pathState({ address, answer }: PathSeen, seen: Observation): State {
  if (answer.seen === 'reached') return 'open';
  if (answer.seen === 'other') return 'shut';
  // Many a network can't reach itself by its public addresses.
  return answer.fromHere || isOurs(address, seen) || isUnknown(seen.service) ? 'unclear' : 'shut';
}

function isUnknown({ ipv4, ipv6 }: Addresses): boolean {
  return ipv4.outcome === 'failed' || ipv6.outcome === 'failed';
}

function choose(ca: CaToAsk, states: ReadonlyMap<ChallengeType, State>, seen: Observation): Choice {
  const verdict = caaVerdict(ca, seen);
  // No answer to us need not be none to the CA.
  const isSilent = !verdict.may && verdict.why === 'no-answer';
  const allowed = verdict.may ? verdict.challenges : isSilent ? CHALLENGE_TYPES : [];
  const fitting = ca.challenges.filter((type) => allowed.includes(type));
  const ways = verdict.may ? fitting.filter((type) => states.get(type) === 'open') : [];
  const maybe = fitting.filter((type) => states.get(type) !== 'shut');
  return { ca, verdict, ways, maybe };
}

/** A CA that names no CAA identity, as private ones do not, heeds no CAA. */
function caaVerdict({ caa: identity }: CaToAsk, { host, caa }: Observation): Verdict {
  if (identity.issuers.length === 0) return { may: true, challenges: CHALLENGE_TYPES };
  return mayIssue(host, (name) => caa.get(name) ?? 'failed', identity);
}

/** What CAA has against the CAs. What several have in common is told once. */
function findingsOf(choices: readonly Choice[], host: Hostname): readonly Finding[] {
  const findings = choices.map((choice) => caaFinding(choice, host)).filter((each) => each !== undefined);
  return [...new Map(findings.map((finding) => [finding.message, finding])).values()];
}

function caaFinding({ ca, verdict, maybe }: Choice, path: Hostname): Finding | undefined {
  if (verdict.may) return maybe.length > 0 ? undefined : methodsFinding(ca, verdict.challenges, path);
  const { message, remedy, rfc, record } = verdict;
  return { path, message, remedy, rfc, ...(record !== undefined && { record }) };
}

function methodsFinding(ca: CaToAsk, allowed: readonly ChallengeType[], path: Hostname): Finding | undefined {
  const refused = ca.challenges.filter((type) => !allowed.includes(type));
  if (refused.length === 0) return undefined;
  return {
    path,
    message: `CAA records keep ${ca.caa.issuers[0]} from ${refused.join(' and ')}, and nothing else works`,
    remedy: `Add ${refused.join(',')} to the validationmethods of the CAA record for ${ca.caa.issuers[0]}`,
    rfc: 'RFC 8657 section 4',
  };
}
