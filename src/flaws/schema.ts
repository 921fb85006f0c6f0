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

// Every flaw of a document is told at once; the library would stop after eight.
const MOST_ERRORS = 100;

/** Compiles a schema into a function that tells every flaw of a value's shape. */
export function shapeFlaws(schema: TSchema): (value: unknown) => Flaw[] {
  const validator = Compile(schema);
  return (value) => {
    if (validator.Check(value)) return [];
    Settings.Set({ maxErrors: MOST_ERRORS });
    const [, errors] = validator.Errors(value);
    return errors.flatMap((error) => flawsOf(schema, error));
  };
}

function flawsOf(root: SchemaNode, error: SchemaError): Flaw[] {
  // The branches of an anyOf are spoken for by the error of the anyOf itself.
  if (error.schemaPath.includes('/anyOf/')) return [];
  const steps = pointerSteps(error.instancePath);
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

function pointerSteps(pointer: string): PathStep[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return /^\d+$/.test(key) ? Number(key) : key;
  });
}

function schemaAt(root: SchemaNode, pointer: string): SchemaNode {
  let node: unknown = root;
  for (const step of pointerSteps(pointer.slice(1))) {
    node = (node as Record<PathStep, unknown> | undefined)?.[step];
  }
  return (node ?? {}) as SchemaNode;
}
