import { Allowance } from '../access/allowance.ts';
import type { AuditStore } from '../access/audit-store.ts';
import { sourceOf } from '../access/back-off.ts';

interface Tellers {
  readonly audit: Pick<AuditStore, 'append'>;
  now(): number;
}

interface Log {
  warn(line: object): void;
  error(line: object): void;
}

/** So much is told of one source, and of all together, since a stranger could fill the audit with it. */
const OF_ONE = { burst: 3, perMinute: 1, keys: 1_000 };
const OF_ALL = { burst: 60, perMinute: 30, keys: 1 };

/** Tells the log and the audit who was turned away: the first times of each, and then some of them. */
export function denialTeller({ audit, now }: Tellers, log: Log) {
  const [ofOne, ofAll] = [new Allowance(OF_ONE), new Allowance(OF_ALL)];
  let untold = 0;
  return (address: string, action: string, why: string): void => {
    const at = now();
    if (ofOne.take(sourceOf(address), at) > 0 || ofAll.take('', at) > 0) {
      untold += 1;
      return;
    }
    const cause = untold === 0 ? why : `${why} (and ${untold} more that are not told)`;
    untold = 0;
    log.warn({ event: 'admin_denied', address, action, why: cause });
    const by = { name: 'unknown', address };
    try {
      audit.append({ at, by, action, domain: undefined, before: undefined, after: undefined, cause });
    } catch (error) {
      log.error({ event: 'audit_not_written', err: error });
    }
  };
}
