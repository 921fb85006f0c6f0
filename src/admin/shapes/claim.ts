import Type from 'typebox';
import { Domain, named, orNull, When } from './named.ts';
import { WrittenTenantShape } from './tenant.ts';

export const ClaimShape = named(
  'Claim',
  Type.Object(
    {
      domain: Domain,
      record: orNull(
        Type.Object(
          { name: Type.String(), type: Type.Literal('TXT'), value: Type.String() },
          { additionalProperties: false },
        ),
      ),
      wanted: WrittenTenantShape,
      at: When,
      expires_at: When,
    },
    {
      additionalProperties: false,
      description: 'a claim; its record, which proves it, is told to whoever made it alone',
    },
  ),
);
