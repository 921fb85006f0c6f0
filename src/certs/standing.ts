import type { OrderOutcome } from './issuer.ts';
import { retryAt } from './retry.ts';

/** How a CA as a whole treats us: plain values, for the store. Times are milliseconds since 1970. */
export interface Standing {
  readonly trouble: 'none' | 'unreachable' | 'account-refused' | 'rate-limited';
  /** Troubles in a row. */
  readonly inRow: number;
  /** When the first of them came, and when the last one was counted. */
  readonly since: number;
  readonly at: number;
  /** No order before. */
  readonly until: number;
  readonly why: string;
  /** The hosts that were rate-limited since an order was last taken. */
  readonly limited: readonly string[];
}

/** Where a CA starts, and where it is put back to when it takes an order. */
export const GOOD_STANDING: Standing = {
  trouble: 'none',
  inRow: 0,
  since: 0,
  at: 0,
  until: 0,
  why: '',
  limited: [],
};

// Hosts in a row that are told to wait: then the limit is taken for the account's, not theirs.
const LIMITED_HOSTS = 3;

/** An order that has come back. */
export interface Ended {
  readonly ca: string;
  readonly host: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: OrderOutcome;
}

/**
 * The CA's standing after an order. An unreachable CA, a refused account and a limit of the account pause it for all
 * names; any other answer shows that it takes orders. Whoever has an account refused has to be told.
 */
export function standingAfter(standing: Standing, ended: Ended): Standing {
  const { outcome, host } = ended;
  switch (outcome.outcome) {
    case 'unreachable':
    case 'account-refused':
      return troubled(standing, ended, outcome);
    case 'rate-limited': {
      const limited = [...new Set([...standing.limited, host])].slice(-LIMITED_HOSTS);
      const isAccounts = limited.length === LIMITED_HOSTS;
      return { ...(isAccounts ? troubled(standing, ended, outcome) : standing), limited };
    }
    default:
      return GOOD_STANDING;
  }
}

/** After a CA's directory could not be read, though nothing is known of it yet: orders can't even be tried. */
export function standingAfterSilence(standing: Standing, ca: string, why: string, at: number): Standing {
  // Asked more often than orders would be: what falls into a pause is no trouble of its own.
  if (standing.trouble === 'unreachable' && at < standing.until && standing.at <= at)
    return { ...standing, why };
  return troubled(standing, { ca, startedAt: at, endedAt: at }, { outcome: 'unreachable', why });
}

/** After a CA that was silent gave its directory: an order is to be tried at once. */
export function standingAfterWord(standing: Standing, at: number): Standing {
  return standing.trouble === 'unreachable' ? { ...standing, until: Math.min(standing.until, at) } : standing;
}

/** After the operator asked: pauses that are ours are lifted, never what the CA said. */
export function standingAfterAsking(standing: Standing): Standing {
  return standing.trouble === 'rate-limited' ? standing : { ...GOOD_STANDING, limited: standing.limited };
}

/** How many orders may run at once: one, to try, while the last ones brought trouble. */
export function roomFor(standing: Standing, parallel: number): number {
  return standing.inRow > 0 ? Math.min(1, parallel) : parallel;
}

type CaWide = Extract<OrderOutcome, { readonly outcome: 'unreachable' | 'account-refused' | 'rate-limited' }>;

function troubled(
  standing: Standing,
  { ca, startedAt, endedAt }: Pick<Ended, 'ca' | 'startedAt' | 'endedAt'>,
  outcome: CaWide,
): Standing {
  // Orders that ran together fail together: that is one trouble.
  if (standing.inRow > 0 && startedAt < standing.at) return standing;
  const isFirst = standing.trouble !== outcome.outcome;
  const inRow = isFirst ? 1 : standing.inRow + 1;
  const since = isFirst ? endedAt : standing.since;
  const until = retryAt(outcome, inRow, ca, endedAt);
  const { limited } = standing;
  return { trouble: outcome.outcome, inRow, since, at: endedAt, until, why: outcome.why, limited };
}
