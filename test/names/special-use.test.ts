import t from 'tap';
import { isSpecialUse } from '../../src/names/special-use.ts';
import { readCases } from '../cases.ts';

interface Cases {
  readonly special: readonly string[];
  readonly public: readonly string[];
}
const cases = readCases<Cases>('special-use.yaml', import.meta);

t.test('names that can never be public', async (t) => {
  for (const host of cases.special) t.equal(isSpecialUse(host), true, host);
});

t.test('names that can be public', async (t) => {
  for (const host of cases.public) t.equal(isSpecialUse(host), false, host);
});
