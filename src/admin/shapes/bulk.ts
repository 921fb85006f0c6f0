import Type from 'typebox';
import { Domain, named, orNull } from './named.ts';
import { ProblemShape } from './problem.ts';
import { NewTenantReads, NewTenantShape } from './tenant.ts';

const ifMatch = Type.String({
  minLength: 1,
  description: 'the etag of the document that the change was made for, or * for any',
});

/** A line of a bulk request. */
export const BulkLineShape = named(
  'BulkLine',
  Type.Object(
    { ...NewTenantShape.properties, if_match: Type.Optional(ifMatch) },
    { additionalProperties: false },
  ),
);

export const BulkLineReads = Type.Object(
  { ...NewTenantReads.properties, if_match: Type.Optional(ifMatch) },
  { additionalProperties: false, description: 'an object with domain and policy' },
);

/** What came of a line. */
export const BulkResultShape = named(
  'BulkResult',
  Type.Object(
    {
      line: Type.Integer({ minimum: 1, description: 'the line, from 1' }),
      domain: orNull(Domain),
      status: Type.Integer({ description: 'what a request of its own would have been answered' }),
      etag: orNull(Type.String({ description: "the document's tag as it is now" })),
      revision: orNull(Type.Integer({ description: 'the number of the new revision, where there is one' })),
      id: orNull(Type.String({ description: 'the policy id of the new revision, where there is one' })),
      problem: orNull(ProblemShape),
    },
    { additionalProperties: false },
  ),
);
