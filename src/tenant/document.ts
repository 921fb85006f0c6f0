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

const TenantDocument = Type.Object(
  {
    domain: Type.String({ description: 'the policy domain, equal to the name of the file' }),
    policy: Type.Object(policyFields, {
      additionalProperties: false,
      description: 'the policy with mode, max_age and mx',
    }),
    rollout: Type.Optional(Type.Enum(['manual'], { description: 'manual, or leave it out' })),
    labels: Type.Optional(
      Type.Record(Type.String(), Type.String({ description: 'the value in quotes' }), {
        description: 'a map from words to texts, such as { customer: "42" }',
      }),
    ),
  },
  { additionalProperties: false, description: 'a document with domain and policy' },
);

const documentFlaws = shapeFlaws(TenantDocument);
const policyShapeFlaws = shapeFlaws(Type.Object(policyFields));

/**
 * Reads a tenant document, the value of its YAML or JSON.
 * `expected` is the domain that the file's name or the request's path promises.
 * @returns the tenant, or every flaw with its path in the document.
 */
export function readDocument(value: unknown, expected: Hostname): Parsed<Tenant> {
  const flaws = documentFlaws(value);
  const document = value as Type.Static<typeof TenantDocument>;
  if (typeof document?.domain === 'string') flaws.push(...domainFlaws(document.domain, expected));
  // The rules of RFC 8461 are looked at even where other parts are flawed, so that all is told at once.
  if (policyShapeFlaws(document?.policy).length === 0) {
    const { mode, max_age, mx = [] } = document.policy;
    const policy = checkPolicy({ mode, max_age, mx });
    if (!policy.ok) flaws.push(...policy.flaws.map((flaw) => ({ ...flaw, path: `policy.${flaw.path}` })));
    else if (flaws.length === 0) {
      return parsed({ domain: expected, policy: policy.value, labels: document.labels ?? {} });
    }
  }
  return flawed(...flaws);
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
