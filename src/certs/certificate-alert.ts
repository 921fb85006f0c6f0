import type { Alert } from '../alerts/alert.ts';
import { isDue, isUrgent, type Renewable, renewal } from './renewal.ts';
import type { Standing } from './standing.ts';
import { troubleOf } from './trouble.ts';
import { isFailing, renewable, type Upkeep } from './upkeep.ts';

const LAST_THIRD = 2 / 3;

const SEE_LIST = 'Look at postseal cert list, mend what it tells, then: postseal cert renew';

/**
 * The alert about a host whose certificate has expired, or is inside its last third and due while renewals fail; the
 * last third does not matter where the CA wanted it renewed long ago, as after a revocation.
 */
export function certificateAlert(
  upkeep: Upkeep,
  standings: readonly Standing[],
  now: number,
): Alert | undefined {
  const held = renewable(upkeep);
  if (held === undefined || now < alertableFrom(held) || !isDue(held, now)) return undefined;
  const isExpired = now >= held.notAfter;
  const isStuck = isUrgent(held, now) || hasFailed(upkeep, standings, renewal(held).renewAt);
  if (!isExpired && !isStuck) return undefined;
  const { why, remedy } = troubleOf(upkeep, standings, now);
  const end = new Date(held.notAfter).toISOString();
  return {
    kind: 'certificate-not-renewed',
    severity: isExpired ? 'critical' : 'warning',
    subject: upkeep.host,
    since: isExpired ? held.notAfter : Math.max(alertableFrom(held), renewal(held).renewAt),
    why: `The certificate ${isExpired ? 'has expired' : 'ends'} at ${end}${why === '' ? '' : `: ${why}`}`,
    remedy: remedy === '' ? SEE_LIST : remedy,
  };
}

/** Before this no alert about a certificate is possible; in the ordinary course it is replaced by then. */
export function alertableFrom(held: Renewable): number {
  const { notBefore, notAfter, info } = held;
  const lastThird = notBefore + (notAfter - notBefore) * LAST_THIRD;
  return Math.min(lastThird, info === undefined ? lastThird : info.end);
}

/** The alert about a CA that does not let us use our account: no host gets a certificate there before a person acts. */
export function accountAlert(ca: string, { trouble, since, why }: Standing): Alert | undefined {
  if (trouble !== 'account-refused') return undefined;
  const remedy = `Check acme.email, acme.eab_key_id and acme.profile for ${ca}, and its terms, then: postseal cert renew`;
  return { kind: 'ca-account-refused', severity: 'warning', subject: ca, since, why, remedy };
}

function hasFailed(upkeep: Upkeep, standings: readonly Standing[], renewAt: number): boolean {
  const { look, unanswered } = upkeep;
  const isLookPoor = look !== undefined && look.found !== 'good' && look.at >= renewAt;
  const isCaAway = standings.length > 0 && standings.every(({ trouble }) => trouble !== 'none');
  return isFailing(upkeep) || unanswered.inRow > 0 || isLookPoor || isCaAway;
}
