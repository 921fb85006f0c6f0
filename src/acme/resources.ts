import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/schema';
import { CaUnreachable } from './failure.ts';
import type { Reply } from './https-client.ts';

const Url = Type.String({ pattern: '^https://' });

/** RFC 8555 section 7.1.1, with RFC 9773 section 3. */
export const Directory = Type.Object({
  newNonce: Url,
  newAccount: Url,
  newOrder: Url,
  keyChange: Type.Optional(Url),
  renewalInfo: Type.Optional(Url),
  meta: Type.Optional(Type.Object({ caaIdentities: Type.Optional(Type.Array(Type.String())) })),
});
export type Directory = Static<typeof Directory>;

/** RFC 8555 section 7.1.3. */
export const OrderResource = Type.Object({
  status: Type.Union([
    Type.Literal('pending'),
    Type.Literal('ready'),
    Type.Literal('processing'),
    Type.Literal('valid'),
    Type.Literal('invalid'),
  ]),
  authorizations: Type.Array(Url),
  finalize: Url,
  certificate: Type.Optional(Url),
  error: Type.Optional(Type.Unknown()),
});
export type OrderResource = Static<typeof OrderResource>;

/** RFC 8555 section 8; a type that is not known here may lack a token. */
export const ChallengeResource = Type.Object({
  type: Type.String(),
  status: Type.String(),
  url: Url,
  token: Type.Optional(Type.Unknown()),
  error: Type.Optional(Type.Unknown()),
});
export type ChallengeResource = Static<typeof ChallengeResource>;

/** RFC 8555 section 7.1.4. */
export const Authorization = Type.Object({
  status: Type.String(),
  challenges: Type.Array(ChallengeResource),
});
export type Authorization = Static<typeof Authorization>;

/** RFC 9773 section 4.2. */
export const RenewalInfoResource = Type.Object({
  suggestedWindow: Type.Object({ start: Type.String(), end: Type.String() }),
  explanationURL: Type.Optional(Type.String()),
});
export type RenewalInfoResource = Static<typeof RenewalInfoResource>;

/** Makes a reader of JSON answers. It fails with CaUnreachable where the shape is another. */
export function reader<Shape extends TSchema>(what: string, schema: Shape): (reply: Reply) => Static<Shape> {
  const validator = Compile(schema);
  return (reply) => {
    const value = parseJson(reply.body);
    if (validator.Check(value)) return value as Static<Shape>;
    throw new CaUnreachable(`The CA's answer is no ${what} of ACME (HTTP status ${reply.status})`);
  };
}

/** The value of a JSON text; undefined where it is none. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
