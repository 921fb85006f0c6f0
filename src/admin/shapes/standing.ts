import Type from 'typebox';
import { PUBLICATION_STAGES } from '../../tenant/publication.ts';
import { named, orNull, When } from './named.ts';
import { Stage } from './tenant.ts';

export const CertificateShape = named(
  'Certificate',
  Type.Object(
    {
      host: Type.String({ description: 'the policy host' }),
      state: Type.Enum(['valid', 'ending', 'expired', 'none'], {
        description: 'ending: it should have been renewed long ago',
      }),
      issuer: orNull(Type.String({ description: 'the CA, or where it was found' })),
      not_after: orNull(When),
      renew_at: orNull(When),
      why: Type.String({ description: 'what went wrong last, or what is waited for' }),
      remedy: Type.String({ description: 'what to do about it' }),
    },
    { additionalProperties: false },
  ),
);

const reached = Object.fromEntries(PUBLICATION_STAGES.map((stage) => [stage, Type.Optional(When)]));

export const PublicationShape = named(
  'Publication',
  Type.Object(
    {
      number: Type.Integer({ minimum: 1, description: "the revision's number" }),
      id: Type.String({ description: "the revision's policy id" }),
      stage: Stage,
      reached: Type.Object(reached, { additionalProperties: false, description: 'when each stage was' }),
      waiting: orNull(
        Type.Object(
          {
            why: Type.String({ description: 'what the next stage waits for' }),
            remedy: Type.Optional(Type.String({ description: 'what a person can do about it' })),
            since: When,
            next: When,
          },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false },
  ),
);

export const RecordsShape = named(
  'Records',
  Type.Object(
    {
      items: Type.Array(
        Type.Object(
          {
            name: Type.String({ description: 'without the trailing dot' }),
            type: Type.Enum(['CNAME', 'TXT']),
            value: Type.String(),
          },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false },
  ),
);
