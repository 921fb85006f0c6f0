import Type from 'typebox';
import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import { shapeFlaws } from '../flaws/schema.ts';
import { type Hostname, parsePolicyDomain } from '../names/hostname.ts';
import { checkPolicy, MAX_MAX_AGE } from '../policy/policy.ts';
import type { Tenant } from './tenant.ts';

const policyFields = {
  mode: Type.String({ description: 'none, testing or enforce' }),
  max_age: Type.Integer({ description: `a whole number of seconds, 0 to ${MAX_MAX_AGE}` }),
  mx: Type.Optional(
    Type.Array(Type.String({ description: 'a host name in quotes, such as "mail.example.com"' }), {
      description: 'a list of MX host names, such as ["mail.example.com", "*.mx.example.net"]',
    }),
  ),
};

// The library's own pattern for keys stops at a line's end and lets what lies beyond go unchecked.
const AnyText = Type.String({ pattern: '^[^]*$' });

const TenantDocument = Type.Object(
  {
    domain: Type.String({ description: 'the policy domain, equal to the name of the file' }),
    policy: Type.Object(policyFields, {
      additionalProperties: false,
      description: 'the policy with mode, max_age and mx',
    }),
    rollout: Type.Optional(Type.Enum(['manual'], { description: 'manual, or leave it out' })),
    labels: Type.Optional(
      Type.Record(AnyText, Type.String({ description: 'the value in quotes' }), {
        description: 'a map from words to texts, such as { customer: "42" }',
      }),
    ),
  },
  { additionalProperties: false, description: 'a document with domain and policy' },
);

type TenantDocument = Type.Static<typeof TenantDocument>;

const documentFlaws = shapeFlaws(TenantDocument);

// An mx list may have thousands of flaws; the first ones show what is wrong.
const MOST_FLAWS = 100;

/**
 * Reads a tenant document, the value of its YAML or JSON.
 * `expected` is the domain that the file's name or the request's path promises.
 * @returns the tenant, or its flaws, each with its path in the document: all of them, up to a hundred.
 */
export function readDocument(value: unknown, expected: Hostname): Parsed<Tenant> {
  const shape = documentFlaws(value);
  // As far as its shape is right; what is not is no more than unknown.
  const { domain, policy: fields, labels = {} } = (isObject(value) ? value : {}) as Partial<TenantDocument>;
  const policy = isObject(fields) ? checkPolicy(writtenFields(fields)) : flawed();
  const rules = [
    ...(typeof domain === 'string' ? domainFlaws(domain, expected) : []),
    ...(policy.ok ? [] : policy.flaws.map((flaw) => ({ ...flaw, path: below('policy', flaw.path) }))),
  ];
  // The rules of RFC 8461 are looked at even where the shape is flawed elsewhere, so that all is told at once.
  const told = new Set(shape.map(({ path }) => path));
  const flaws = [...shape, ...rules.filter(({ path }) => !told.has(path))];
  if (flaws.length > 0 || !policy.ok) return flawed(...flaws.slice(0, MOST_FLAWS));
  return parsed({ domain: expected, policy: policy.value, labels });
}

/** Without what the schema does not know: that is told already. */
function writtenFields({ mode, max_age, mx }: Partial<TenantDocument['policy']>) {
  return { mode, max_age, mx };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function below(key: string, path: string): string {
  return path === '' ? key : `${key}.${path}`;
}

function domainFlaws(written: string, expected: Hostname): readonly Flaw[] {
  const domain = parsePolicyDomain(written);
  if (!domain.ok) return domain.flaws.map((flaw) => ({ ...flaw, path: 'domain' }));
  if (domain.value === expected) return [];
  return [
    {
      path: 'domain',
      message: `The document is for ${domain.value} but its name says ${expected}`,
      remedy: `Write domain: ${expected}, or rename the document`,
    },
  ];
}
