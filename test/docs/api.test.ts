import { readFileSync } from 'node:fs';
import t from 'tap';
import { ENDPOINTS } from '../../src/admin/endpoints.ts';
import { referenceOf } from '../../src/admin/reference.ts';

t.test('the reference of the API is what the API says of itself: npm run docs', async (t) => {
  const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
  t.equal(page, referenceOf(ENDPOINTS));
});
