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
