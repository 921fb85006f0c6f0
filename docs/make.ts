/** Writes the pages that are made of the code. */
import { writeFileSync } from 'node:fs';
import { ENDPOINTS } from '../src/admin/endpoints.ts';
import { referenceOf } from '../src/admin/reference.ts';

writeFileSync(new URL('api.md', import.meta.url), referenceOf(ENDPOINTS));
