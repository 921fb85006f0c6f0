import t from 'tap';
import { registrableDomain } from '../../src/names/registrable-domain.ts';
import { readCases } from '../cases.ts';

const cases = readCases<readonly { host: string; is?: string }[]>('registrable-domain.yaml', import.meta);

t.test('the domain that one owner registered', async (t) => {
  for (const { host, is } of cases) t.equal(registrableDomain(host), is, host);
});
