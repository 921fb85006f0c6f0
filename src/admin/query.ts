import type Type from 'typebox';

type Raw = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * The parameters of a query as values: a text that its schema wants to be a number or a truth becomes one, and what
 * may stand there several times a list. What can't be stays a text, so that the schema tells what is wrong with it.
 */
export function readQuery(schema: Type.TObject, raw: Raw): Record<string, unknown> {
  const read = Object.entries(raw).map(([key, value]) => {
    const wanted = schema.properties[key] as { readonly type?: string } | undefined;
    return [key, wanted?.type === 'array' ? listOf(value) : readOne(wanted?.type, value)] as const;
  });
  // Without a prototype's setters: a key may have any name.
  return Object.fromEntries(read);
}

function listOf(value: Raw[string]): readonly string[] {
  return typeof value === 'string' ? [value] : (value ?? []);
}

function readOne(type: string | undefined, value: Raw[string]): unknown {
  if (typeof value !== 'string') return value;
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
