import { Readable } from 'node:stream';
import Type from 'typebox';
import { bulk, linesOf } from '../bulk.ts';
import { endpoint } from '../endpoint.ts';
import { newTenantExample, revisionExample, tenantExample } from '../examples.ts';
import { problem } from '../problem.ts';
import { BulkLineShape, BulkResultShape } from '../shapes/bulk.ts';
import { TenantChangeQuery } from '../shapes/paging.ts';

const JSON_LINES = 'application/x-ndjson';

const MOST_LINES = 50_000;
const MOST_BYTES = 32 * 1024 * 1024;

const resultExample = {
  ...{ line: 1, domain: 'example.com', status: 200, etag: tenantExample.document.etag },
  ...{ revision: revisionExample.number, id: revisionExample.id, problem: null },
};

export const bulkTenants = endpoint({
  id: 'bulkTenants',
  tag: 'tenants',
  method: 'POST',
  path: '/tenants/bulk',
  needs: 'operator',
  summary: 'Create and change many tenants',
  description:
    `One JSON value per line, up to ${MOST_LINES} lines: without if_match a tenant is created, with it changed. ` +
    'Nothing is done before the whole body has come. Then each line is done or not done as a whole, in their order, and answered by a line. ' +
    'What was answered is done for good; a create of what is there already, word for word, is answered with 200, so that the same body may be sent again. ' +
    'An answer that ends early says nothing of the lines that are missing.',
  query: TenantChangeQuery,
  body: {
    type: JSON_LINES,
    schema: BulkLineShape,
    reads: Type.Unsafe<Uint8Array>({}),
    example: newTenantExample,
    most: MOST_BYTES,
  },
  answers: {
    200: {
      description: 'A line for each line, in their order.',
      content: { [JSON_LINES]: { schema: BulkResultShape, example: resultExample } },
    },
  },
  handle(parts, { caller, query, body, signal, isGood }) {
    const lines = linesOf(body);
    if (lines.length > MOST_LINES) {
      return problem('too-large', { detail: `Send up to ${MOST_LINES} lines at a time.` });
    }
    const { dry_run: dryRun = false, cause } = query;
    const isWanted = () => !signal.aborted && isGood();
    const results = bulk(parts, lines, { caller, dryRun, cause, isWanted });
    return { status: 200, type: JSON_LINES, body: Readable.from(results) };
  },
});
