import t from 'tap';
import { type FailedOrder, isFailedValidation, pause, retryAt } from '../../src/certs/retry.ts';
import { GOOD_STANDING, roomFor, type Standing, standingAfter } from '../../src/certs/standing.ts';
import { readCases } from '../cases.ts';

interface Row {
  readonly outcome: FailedOrder['outcome'];
  readonly until?: number;
  readonly pauses: readonly number[];
}
const rows = readCases<readonly Row[]>('retry.yaml', import.meta);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.UTC(2027, 0, 1);

t.test('when a name is tried again', async (t) => {
  for (const { outcome, until = 0, pauses } of rows) {
    for (const [index, minutes] of pauses.entries()) {
      const next = retryAt(failed(outcome, NOW + until * MINUTE), index + 1, 'mta-sts.example.com', NOW);
      const after = (next - NOW) / MINUTE;
      t.ok(after >= minutes && after <= minutes * 1.25, `${outcome} ${index + 1}: ${after} for ${minutes}`);
    }
  }
});

t.test('failed validations stay below five in an hour', async (t) => {
  for (const outcome of ['challenge-failed', 'caa-forbids'] as const) {
    t.ok(isFailedValidation(failed(outcome, 0)));
    const times: number[] = [];
    for (let [inRow, at] = [1, NOW]; inRow < 30; inRow += 1) {
      times.push(at);
      at = retryAt(failed(outcome, 0), inRow, 'mta-sts.example.com', at);
    }
    for (const from of times) {
      t.ok(times.filter((at) => at >= from && at < from + HOUR).length < 5);
    }
  }
});

t.test('looks at DNS that is not there yet grow apart', async (t) => {
  const day = 24 * HOUR;
  const lengths = Array.from({ length: 20 }, (_, index) =>
    pause('bad-look', index + 1, 'mta-sts.example.com'),
  );
  t.ok((lengths[0] ?? 0) < 2 * MINUTE);
  t.ok((lengths.at(-1) ?? 0) >= day && Math.max(...lengths) <= 1.25 * day);
  t.not(pause('bad-look', 3, 'mta-sts.example.com'), pause('bad-look', 3, 'mta-sts.example.net'));
});

t.test('the standing of a CA', async (t) => {
  let standing = ended(GOOD_STANDING, failed('unreachable', 0), 'a', NOW);
  t.match(standing, { trouble: 'unreachable', inRow: 1 });
  t.equal(roomFor(standing, 8), 1, 'one order at a time tries whether it is back');
  const together = ended(standing, failed('unreachable', 0), 'b', NOW, NOW - MINUTE);
  t.equal(together.inRow, 1, 'orders that ran together are one trouble');
  standing = ended(standing, failed('unreachable', 0), 'b', standing.until, standing.until);
  t.match(standing, { inRow: 2, since: NOW });
  t.same(ended(standing, failed('challenge-failed', 0), 'c', standing.until), GOOD_STANDING, 'it answers');

  const refused = ended(GOOD_STANDING, failed('account-refused', 0), 'a', NOW);
  t.ok(refused.until >= NOW + HOUR && refused.trouble === 'account-refused');
});

t.test("a limit is the name's until three names are told of it", async (t) => {
  const limited = failed('rate-limited', NOW + 2 * HOUR);
  let standing = GOOD_STANDING;
  for (const host of ['a', 'a', 'a', 'b']) standing = ended(standing, limited, host, NOW);
  t.match(standing, { trouble: 'none', until: 0 });
  t.match(ended(standing, limited, 'c', NOW), { trouble: 'rate-limited', inRow: 1 });
  t.ok(ended(standing, limited, 'c', NOW).until >= NOW + 2 * HOUR);
});

function failed(outcome: FailedOrder['outcome'], until: number): FailedOrder {
  const why = 'for a test';
  if (outcome === 'rate-limited') return { outcome, until, why };
  return outcome === 'challenge-failed' ? { outcome, challenge: 'http-01', why } : { outcome, why };
}

function ended(
  standing: Standing,
  outcome: FailedOrder,
  host: string,
  endedAt: number,
  startedAt = endedAt,
): Standing {
  return standingAfter(standing, { ca: 'ca', host, startedAt, endedAt, outcome });
}
