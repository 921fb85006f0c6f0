import Type from 'typebox';
import { FlawShape } from './flaw.ts';
import { named, orNull, When } from './named.ts';
import { ChangeShape, NewTenantReads, NewTenantShape, PolicyShape } from './tenant.ts';

const EarlierShape = named(
  'EarlierPolicy',
  Type.Object(
    {
      id: Type.String({ description: 'the id that it was announced under' }),
      text: Type.String({ description: 'as it was served' }),
      served_from: When,
      served_until: orNull(When),
    },
    { additionalProperties: false },
  ),
);

const earlier = Type.Optional(
  Type.Array(EarlierShape, {
    maxItems: 1000,
    description:
      'what is known to have been served elsewhere, oldest first; looked at from outside without it',
  }),
);

const { policy, labels } = NewTenantShape.properties;

export const AdoptShape = named(
  'Adopt',
  Type.Object({ policy: Type.Optional(policy), labels, earlier }, { additionalProperties: false }),
);

/** As much as is looked at here; the rest is checked as any document is. */
export const AdoptReads = Type.Object(
  {
    policy: Type.Optional(NewTenantReads.properties.policy),
    labels: NewTenantReads.properties.labels,
    earlier,
  },
  { additionalProperties: false, description: 'an object, with policy where it is not to stay as it is' },
);

export const AdoptionShape = named(
  'Adoption',
  Type.Object(
    {
      ...ChangeShape.properties,
      earlier: Type.Array(
        Type.Object({ ...EarlierShape.properties, policy: PolicyShape }, { additionalProperties: false }),
        { description: 'what was taken over into the ledger' },
      ),
      findings: Type.Array(FlawShape, { description: 'what is odd about the deployment elsewhere' }),
      steps: Type.Array(
        Type.Object(
          {
            what: Type.String({ description: 'what to do, when the step before is done' }),
            records: Type.Array(Type.String(), {
              description: 'the records to set, as a zone file has them',
            }),
          },
          { additionalProperties: false },
        ),
        { description: 'how the domain comes here without a gap' },
      ),
    },
    { additionalProperties: false },
  ),
);
