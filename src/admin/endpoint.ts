import type Type from 'typebox';
import type { Scope } from '../access/scope.ts';
import type { Hostname } from '../names/hostname.ts';
import type { Answer } from './answer.ts';
import type { Caller } from './caller.ts';
import type { Parts } from './parts.ts';
import type { ProblemName } from './problem.ts';

/** What an endpoint's handler is given, checked against the endpoint's schemas. */
export interface Input<Query, Body> {
  readonly caller: Caller;
  /** The tenant of the path, which the caller may see; it need not be there. */
  readonly domain: Hostname;
  /** The other parameters of the path, as they were written. */
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly query: Query;
  readonly body: Body;
  readonly ifMatch: string | undefined;
  /** The media type that is to be answered, one of the endpoint's. */
  readonly type: string;
  /** Aborted when whoever asked has gone, or the server ends. */
  readonly signal: AbortSignal;
  /** The number of the last event that a listener knows (server-sent events), as it was sent. */
  readonly lastEventId: string | undefined;
  /** Whether the token is good still, for what goes on after it was looked at. */
  isGood(): boolean;
}

/** What an endpoint answers where nothing is wrong. */
export interface Promised {
  readonly description: string;
  /** By media type: the schema, and what it may look like. None where there is no body. */
  readonly content?: Readonly<
    Record<string, { readonly schema: Type.TSchema; readonly example: unknown } | undefined>
  >;
  readonly headers?: readonly ('etag' | 'location')[];
}

interface BodyShape<Body extends Type.TSchema> {
  /** The media type; JSON where none is told. */
  readonly type?: string;
  /** What the document of the API says of it. */
  readonly schema: Type.TSchema;
  /** What is checked before the handler has it, where the handler itself tells the flaws of the rest. */
  readonly reads: Body;
  readonly example: unknown;
  /** The most bytes, where it is not the usual. */
  readonly most?: number;
}

/** One thing that the API does: all that is said of it, and how it is done. */
export interface Endpoint<
  Query extends Type.TObject = Type.TObject,
  Body extends Type.TSchema = Type.TSchema,
> {
  readonly id: string;
  readonly tag: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`, parameters in braces. `{domain}` is a tenant. */
  readonly path: string;
  /** What a token has to reach. */
  readonly needs: Scope;
  /** Whether a token that is bound to some tenants is never enough. */
  readonly isForUnbound?: boolean;
  /** Whether `{domain}` may be any name, of which the handler tells what is the caller's alone. */
  readonly isForAnyName?: boolean;
  readonly summary: string;
  readonly description?: string;
  readonly query?: Query;
  readonly body?: BodyShape<Body>;
  /** By status. */
  readonly answers: Readonly<Record<number, Promised>>;
  /** What may be wrong, beyond what may be wrong with any request. */
  readonly problems?: readonly ProblemName[];
  handle(parts: Parts, input: Input<Type.Static<Query>, Type.Static<Body>>): Answer | Promise<Answer>;
}

/** Says no more than its argument; it makes the types of a handler those of its schemas. */
export function endpoint<
  Query extends Type.TObject = Type.TObject<Record<never, never>>,
  Body extends Type.TSchema = Type.TSchema,
>(one: Endpoint<Query, Body>): Endpoint {
  return one as unknown as Endpoint;
}

/** The media types that an endpoint answers, the usual one first. */
export function typesOf({ answers }: Endpoint): readonly string[] {
  const types = Object.values(answers).flatMap(({ content = {} }) => Object.keys(content));
  return [...new Set(types)];
}
