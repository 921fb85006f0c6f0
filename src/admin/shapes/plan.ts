import Type from 'typebox';
import { named, When } from './named.ts';

const hosts = Type.Array(Type.String(), { description: 'MX hosts' });

const RefusalShape = named(
  'Refusal',
  Type.Object(
    {
      host: Type.String({ description: 'the MX host that senders would not deliver to' }),
      number: Type.Integer({ description: 'the revision with the policy that does not list it' }),
      until: When,
      is_served: Type.Boolean({ description: 'it is served still, so that "until" moves on' }),
    },
    { additionalProperties: false },
  ),
);

const step = { at: When, why: Type.String({ description: 'why not before' }) };

export const PlanShape = named(
  'Plan',
  Type.Object(
    {
      verdict: Type.Enum(['safe', 'reported', 'refused'], {
        description:
          'what the change would do at once: nothing, reports of failures, or mail that is refused',
      }),
      refusals: Type.Array(RefusalShape, { description: 'by policies in mode enforce' }),
      reports: Type.Array(RefusalShape, { description: 'by policies in mode testing' }),
      steps: Type.Array(
        Type.Union([
          Type.Object(
            {
              do: Type.Literal('policy'),
              mx: Type.Array(Type.String(), { description: 'what the policy is to list' }),
              ...step,
            },
            { additionalProperties: false },
          ),
          Type.Object({ do: Type.Literal('mx'), hosts, ...step }, { additionalProperties: false }),
        ]),
        { description: 'the safe order' },
      ),
    },
    { additionalProperties: false },
  ),
);

export const PlanRequestShape = named(
  'PlanRequest',
  Type.Object(
    {
      mx: Type.Array(Type.String({ description: 'a host name' }), {
        maxItems: 1_000,
        description: 'a list of the MX hosts that are to be',
      }),
    },
    { additionalProperties: false, description: 'an object with mx' },
  ),
);
