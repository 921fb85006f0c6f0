import Type from 'typebox';
import { Domain, named, orNull, When } from './named.ts';

export const AuditLineShape = named(
  'AuditLine',
  Type.Object(
    {
      number: Type.Integer({ minimum: 1, description: '1, 2, 3, … with no gap' }),
      at: When,
      actor: Type.String({ description: 'who did it' }),
      address: Type.String({ description: 'where they came from' }),
      action: Type.String({ description: 'what was done, such as tenant.replace' }),
      domain: orNull(Domain),
      before: orNull(Type.String({ description: 'what was there before' })),
      after: orNull(Type.String({ description: 'what is there since' })),
      cause: Type.String({ description: 'why, or what came of it' }),
      hash: Type.String({ description: 'SHA-256 of the line and of the hash of the line before' }),
    },
    { additionalProperties: false },
  ),
);
