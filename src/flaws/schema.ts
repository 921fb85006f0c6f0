import type { TSchema } from 'typebox';
import { Compile } from 'typebox/schema';
import { Settings } from 'typebox/system';
import type { Flaw } from './flaw.ts';
import { formatPath, type PathStep } from './path.ts';

/** A JSON schema, as far as this file looks into it. */
interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

type SchemaError = ReturnType<ReturnType<typeof Compile>['Errors']>[1][number];

const MOST_FLAWS = 100;

/** Compiles a schema into a function that tells the flaws of a value's shape: none, or all up to a hundred. */
export function shapeFlaws(schema: TSchema): (value: unknown) => Flaw[] {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return [];
    // The library would stop after eight errors, which may be none but those that are not told below.
    Settings.Set({ maxErrors: Number.POSITIVE_INFINITY });
    const [, errors] = validator.Errors(value);
    return errors.flatMap((error) => flawsOf(schema, value, error)).slice(0, MOST_FLAWS);
  };
}

function flawsOf(root: SchemaNode, value: unknown, error: SchemaError): Flaw[] {
  // The branches of an anyOf are spoken for by the error of the anyOf itself.
  if (error.schemaPath.includes('/anyOf/')) return [];
  const steps = pathSteps(value, error.instancePath);
  const schema = schemaAt(root, error.schemaPath);
  const at = (key: string): string => formatPath([...steps, key]);
  switch (error.keyword) {
    case 'boolean': // said again, and better, by the additionalProperties error beside it
      return [];
    case 'additionalProperties': {
      const known = Object.keys(schema.properties ?? {}).join(', ');
      const remedy = `Remove it or correct its spelling; the keys known here are ${known}`;
      return error.params.additionalProperties.map((key) => ({
        path: at(key),
        message: 'Unknown key',
        remedy,
      }));
    }
    case 'required':
      return error.params.requiredProperties.map((key) => ({
        path: at(key),
        message: 'Missing',
        remedy: remedyOf(schema.properties?.[key], 'Add it'),
      }));
    default:
      return [
        { path: formatPath(steps), message: sentence(error), remedy: remedyOf(schema, 'Correct the value') },
      ];
  }
}

function sentence(error: SchemaError): string {
  if (error.keyword === 'enum') return `Must be one of ${error.params.allowedValues.join(', ')}`;
  if (error.keyword === 'anyOf') return 'Is none of what may stand here';
  return `M${error.message.slice(1)}`;
}

function remedyOf(schema: SchemaNode | undefined, otherwise: string): string {
  return schema?.description === undefined ? otherwise : `Write ${schema.description}`;
}

/** A JSON pointer (RFC 6901) tells an index from a key of digits by the value alone. */
function pathSteps(value: unknown, pointer: string): PathStep[] {
  let node = value;
  return pointerKeys(pointer).map((key) => {
    const step = Array.isArray(node) ? Number(key) : key;
    node = (node as Record<PathStep, unknown> | undefined)?.[step];
    return step;
  });
}

function schemaAt(root: SchemaNode, pointer: string): SchemaNode {
  let node: unknown = root;
  for (const key of pointerKeys(pointer)) node = (node as Record<string, unknown> | undefined)?.[key];
  return (node ?? {}) as SchemaNode;
}

function pointerKeys(pointer: string): string[] {
  const keys = pointer.split('/').slice(1);
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}
