import Type from 'typebox';
import { FlawShape } from './flaw.ts';
import { named, orNull } from './named.ts';

export const ProblemShape = named(
  'Problem',
  Type.Object(
    {
      type: Type.String({ description: 'what kind of problem, as a URI' }),
      title: Type.String({ description: 'the same in words' }),
      status: Type.Integer({ description: 'the HTTP status' }),
      detail: Type.String({ description: 'what is wrong here, and what to do about it' }),
      errors: Type.Optional(Type.Array(FlawShape, { description: 'each flaw of what was sent' })),
      etag: Type.Optional(orNull(Type.String({ description: 'the tag of the document as it is now' }))),
      yours: Type.Optional(Type.String({ description: 'the document that would have been written' })),
      theirs: Type.Optional(orNull(Type.String({ description: 'the document that is there' }))),
    },
    { additionalProperties: false },
  ),
);
