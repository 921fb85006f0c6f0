import Type from 'typebox';
import { SCOPES } from '../../access/scope.ts';
import { Labels, named, orNull, When } from './named.ts';

const Only = Type.Object(
  {
    domains: Type.Array(Type.String(), { maxItems: 1000, description: 'a list of policy domains' }),
    labels: Labels,
  },
  {
    additionalProperties: false,
    description: 'the tenants by domains, and by labels any of which they have',
  },
);

const name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$',
  description: 'a name of letters, digits and . _ @ -, up to 64, never given before',
});
const scope = Type.Enum([...SCOPES], { description: 'the scope: viewer, operator or admin' });

export const TokenShape = named(
  'Token',
  Type.Object(
    {
      id: Type.String(),
      name,
      scope,
      only: orNull(Only),
      created_at: When,
      created_by: Type.String(),
      expires_at: orNull(When),
      last_used_at: orNull(When),
      revoked_at: orNull(When),
    },
    { additionalProperties: false },
  ),
);

export const NewTokenShape = named(
  'NewToken',
  Type.Object(
    {
      name,
      scope,
      only: Type.Optional(Type.Partial(Only)),
      expires_at: Type.Optional(When),
    },
    { additionalProperties: false, description: 'an object with name and scope' },
  ),
);

export const MintedShape = named(
  'MintedToken',
  Type.Object(
    {
      token: TokenShape,
      secret: orNull(Type.String({ description: 'what the token says: shown this once; null in a dry run' })),
    },
    { additionalProperties: false },
  ),
);
