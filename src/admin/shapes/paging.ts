import Type from 'typebox';
import { orNull } from './named.ts';

/** A page of a list, and where it goes on. */
export function pageOfShape(item: Type.TSchema) {
  return Type.Object(
    {
      items: Type.Array(item),
      next: orNull(Type.String({ description: 'the cursor of the next page; null for the last' })),
    },
    { additionalProperties: false },
  );
}

const MOST_ITEMS = 500;
export const USUAL_ITEMS = 100;

export const paging = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MOST_ITEMS,
      description: `how many items, from 1 to ${MOST_ITEMS}; ${USUAL_ITEMS} where it is left out`,
    }),
  ),
  cursor: Type.Optional(Type.String({ minLength: 1, description: 'the "next" of the page before' })),
};

const dryRun = {
  dry_run: Type.Optional(
    Type.Boolean({ description: 'true to be told what would come of it, with nothing changed' }),
  ),
};

export const PageQuery = Type.Object(paging, { additionalProperties: false });
export const ChangeQuery = Type.Object(dryRun, { additionalProperties: false });
/** A change of a tenant. */
export const tenantChange = {
  ...dryRun,
  cause: Type.Optional(
    Type.String({
      pattern: '^[^\\p{C}]{1,200}$',
      description: 'why, for the history: up to 200 characters in one line',
    }),
  ),
};
export const TenantChangeQuery = Type.Object(tenantChange, { additionalProperties: false });

export const NoQuery = Type.Object({}, { additionalProperties: false });
