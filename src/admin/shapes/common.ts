import Type from 'typebox';

/** A schema that the document of the API knows by a name. */
export function named<T extends Type.TSchema>(title: string, schema: T): T {
  return Object.assign(schema, { title });
}

export function orNull<T extends Type.TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

export const When = Type.String({ format: 'date-time', description: 'a time as in RFC 3339, in UTC' });

export const Labels = Type.Record(Type.String({ pattern: '^[^]*$' }), Type.String(), {
  description: 'a map from words to texts, such as { "customer": "42" }',
});

export const Domain = Type.String({ description: 'a policy domain, in A-labels' });

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

export const dryRun = {
  dry_run: Type.Optional(
    Type.Boolean({ description: 'true to be told what would come of it, with nothing changed' }),
  ),
};

export const PageQuery = Type.Object(paging, { additionalProperties: false });
export const ChangeQuery = Type.Object(dryRun, { additionalProperties: false });
export const NoQuery = Type.Object({}, { additionalProperties: false });
