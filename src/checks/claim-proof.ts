import type { Flaw } from '../flaws/flaw.ts';
import { policyHost } from '../names/hostname.ts';
import { type Claim, challengeName } from '../tenant/claim.ts';
import { type Answer, type Finding, recordsOf } from './observation.ts';

/** What DNS says of a claimed domain. */
export interface ClaimSeen {
  /** The texts at the name of the challenge. */
  readonly texts: Answer<readonly string[]>;
  /** The aliases that its policy host, or the name of its id, is of. */
  readonly aliases: readonly Answer<string>[];
}

export interface ClaimJudgement {
  readonly isProven: boolean;
  /** The claim with what was learned. */
  readonly claim: Claim;
  /** What to set, where it is not proven. */
  readonly flaws: readonly Flaw[];
}

/**
 * Whether a claim is proven: by a text that nobody but the claimer was told, or by an alias that came to lead here
 * after the claim was made. An alias that was there before proves nothing, for it may be of a former tenant, or of
 * somebody who is about to become one; and where several claim the name, it says for none of them.
 */
export function judgeClaim(
  claim: Claim,
  seen: ClaimSeen,
  isOurs: (name: string) => boolean,
  isContested: boolean,
): ClaimJudgement {
  const isTold = recordsOf(seen.texts).some((strings) => strings.join('') === claim.challenge);
  const leadsHere = seen.aliases.some((answer) => recordsOf(answer).some(isOurs));
  // That DNS does not answer is no sign that the alias was not there.
  const isAway = !leadsHere && seen.aliases.every(({ outcome }) => outcome !== 'failed');
  const isProven = isTold || (leadsHere && claim.wasAway && !isContested);
  const learned = { ...claim, wasAway: claim.wasAway || isAway };
  return { isProven, claim: learned, flaws: isProven ? [] : [toSet(learned, seen, leadsHere)] };
}

function toSet({ domain, challenge }: Claim, { texts }: ClaimSeen, leadsHere: boolean): Finding {
  const name = challengeName(domain);
  const record = `${name}. IN TXT ${JSON.stringify(challenge)}`;
  const why = texts.outcome === 'failed' ? ` (DNS does not tell: ${texts.why})` : '';
  const alias = leadsHere ? `; that ${policyHost(domain)} leads here already proves nothing` : '';
  return {
    path: name,
    message: `You have not yet shown that you control ${domain}${why}${alias}`,
    remedy: `Set this TXT record, then try again: ${record}`,
    record,
  };
}
