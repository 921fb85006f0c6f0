import t from 'tap';
import { checkPolicy } from '../../src/policy/policy.ts';
import { ledgerWarnings } from '../../src/tenant/ledger-warnings.ts';
import { goodValue, readCases } from '../cases.ts';

const HOUR = 3_600_000;

interface Written {
  readonly mode: string;
  readonly max_age: number;
  readonly mx: readonly string[];
}

interface Case {
  readonly why: string;
  /** When each was served, in hours. */
  readonly past: readonly (Written & { readonly from: number; readonly until?: number })[];
  readonly policy: Written;
  readonly now: number;
  readonly says: readonly { readonly path: string; readonly message: string }[];
}

t.test('what surprises in a new policy, since senders hold earlier ones', async (t) => {
  for (const { why, past, policy, now, says } of readCases<Case[]>('ledger-warnings.yaml', import.meta)) {
    const policies = past.map(({ from, until, ...written }, index) => {
      const before = goodValue(checkPolicy(written));
      const serving = { ...before, from: from * HOUR, until: until === undefined ? undefined : until * HOUR };
      return { number: index + 1, policy: before, serving };
    });
    const found = ledgerWarnings(goodValue(checkPolicy(policy)), { policies, now: now * HOUR });
    t.same(
      found.map(({ path, message }, index) => ({ path, message: cut(message, says[index]?.message) })),
      says,
      why,
    );
  }
});

function cut(message: string, piece = message): string {
  return message.includes(piece) ? piece : message;
}
