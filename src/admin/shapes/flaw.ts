import Type from 'typebox';
import { named } from './named.ts';

export const FlawShape = named(
  'Flaw',
  Type.Object(
    {
      path: Type.String({ description: 'where, such as policy.mx[2]; empty for the whole' }),
      message: Type.String({ description: 'what is wrong' }),
      remedy: Type.String({ description: 'what to do about it' }),
      rfc: Type.Optional(Type.String({ description: 'the source of the rule' })),
      line: Type.Optional(Type.Integer({ description: 'the line of the file that it stands in, from 1' })),
      column: Type.Optional(Type.Integer({ description: 'the column of that line, from 1' })),
    },
    { additionalProperties: false },
  ),
);
