import t from 'tap';
import { LastKnown } from '../../src/app/operations/last-known.ts';

t.test('what was read last stands while reading fails', async (t) => {
  const broken = new Error('broken');
  const readings: (number | Error)[] = [broken, 1, broken, broken, 2];
  const known = new LastKnown(() => {
    const next = readings.shift();
    if (typeof next !== 'number') throw next;
    return next;
  }, 0);
  const seen = Array.from({ length: 5 }, () => [known.read(), known.failure]);
  t.strictSame(seen, [
    [0, broken],
    [1, undefined],
    [1, broken],
    [1, broken],
    [2, undefined],
  ]);
});
