import Type from 'typebox';
import { MAX_MAX_AGE, MODES } from '../../policy/policy.ts';
import { PUBLICATION_STAGES } from '../../tenant/publication.ts';
import { FlawShape } from './flaw.ts';
import { Domain, Labels, named, orNull, When } from './named.ts';

export const Mode = Type.Enum([...MODES], { description: 'the mode: none, testing or enforce' });
export const Stage = Type.Enum([...PUBLICATION_STAGES], {
  description: 'how far the newest revision has come',
});

const maxAge = Type.Integer({
  minimum: 0,
  maximum: MAX_MAX_AGE,
  description: `a whole number of seconds, 0 to ${MAX_MAX_AGE}`,
});

export const PolicyShape = named(
  'Policy',
  Type.Object(
    {
      mode: Mode,
      max_age: maxAge,
      mx: Type.Array(Type.String(), {
        description: 'a list of MX host names, such as ["mail.example.com", "*.mx.example.net"]',
      }),
    },
    { additionalProperties: false },
  ),
);

/** The same as it may be written: without mx where mode is none. */
const WrittenPolicy = named(
  'WrittenPolicy',
  Type.Object(
    { ...PolicyShape.properties, mx: Type.Optional(PolicyShape.properties.mx) },
    { additionalProperties: false, description: 'the policy with mode, max_age and mx' },
  ),
);

export const RevisionShape = named(
  'Revision',
  Type.Object(
    {
      number: Type.Integer({ minimum: 1, description: '1, 2, 3, … per tenant' }),
      id: Type.String({ description: 'the policy id, as it is announced in DNS' }),
      policy: PolicyShape,
      text: Type.String({ description: 'the served bytes' }),
      at: When,
      actor: Type.String({ description: 'who brought it: file, or token: with the name of a token' }),
      address: Type.String({ description: 'the address that it came from; empty for a file' }),
      cause: Type.String({ description: 'what brought it' }),
    },
    { additionalProperties: false },
  ),
);

export const OneRevisionShape = named(
  'RevisionWithDiff',
  Type.Object(
    {
      ...RevisionShape.properties,
      diff: Type.String({ description: 'what it changed of the revision before, as a unified diff' }),
    },
    { additionalProperties: false },
  ),
);

export const RollBackShape = named(
  'RollBack',
  Type.Object(
    { to: Type.Integer({ minimum: 1, description: 'the number of the revision to return to' }) },
    { additionalProperties: false, description: 'an object with to' },
  ),
);

const common = { domain: Domain, labels: Labels, stage: Stage, flaws: Type.Array(FlawShape) };

export const TenantSummaryShape = named(
  'TenantSummary',
  Type.Object(
    {
      ...common,
      mode: Mode,
      max_age: maxAge,
      revision: Type.Integer({ minimum: 1, description: "the newest revision's number" }),
      id: Type.String({ description: "the newest revision's policy id" }),
      at: When,
    },
    { additionalProperties: false },
  ),
);

export const TenantShape = named(
  'Tenant',
  Type.Object(
    {
      ...common,
      policy: PolicyShape,
      revision: RevisionShape,
      document: orNull(
        Type.Object(
          {
            file: Type.String({ description: 'the name of its file' }),
            text: Type.String({ description: 'the YAML, as it stands in the file' }),
            etag: Type.String({ description: 'what the ETag header says too' }),
          },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false },
  ),
);

export const EffectShape = named(
  'Effect',
  Type.Object(
    {
      before: orNull(Type.String({ description: 'the served bytes before' })),
      after: orNull(Type.String({ description: 'the served bytes after' })),
      diff: Type.String({ description: 'the lines that go and come, as a unified diff' }),
      warnings: Type.Array(FlawShape, { description: 'what is lawful yet risky' }),
      senders: Type.Array(Type.String(), { description: 'what senders will see, and from when on' }),
      exposed_until: orNull(When),
      id: orNull(Type.String({ description: 'the id of the new revision, or what it would be now' })),
    },
    { additionalProperties: false },
  ),
);

export const ChangeShape = named(
  'Change',
  Type.Object(
    {
      dry_run: Type.Boolean({ description: 'whether it is only what would come of it' }),
      tenant: orNull(TenantShape),
      revision: orNull(RevisionShape),
      effect: EffectShape,
    },
    { additionalProperties: false },
  ),
);

export const NewTenantShape = named(
  'NewTenant',
  Type.Object(
    { domain: Domain, policy: WrittenPolicy, labels: Type.Optional(Labels) },
    { additionalProperties: false },
  ),
);

export const WrittenTenantShape = named(
  'WrittenTenant',
  Type.Object({ policy: WrittenPolicy, labels: Type.Optional(Labels) }, { additionalProperties: false }),
);

export const WrittenPolicyShape = WrittenPolicy;

/** As much of a written tenant as is looked at here; the rest is checked as any document is, so that all is told at once. */
export const NewTenantReads = Type.Object(
  { domain: Domain, policy: Type.Unknown(), labels: Type.Optional(Type.Unknown()) },
  { additionalProperties: false, description: 'an object with domain and policy' },
);
export const WrittenTenantReads = Type.Object(
  { policy: Type.Unknown(), labels: Type.Optional(Type.Unknown()) },
  { additionalProperties: false, description: 'an object with policy, and labels if they are to change' },
);
