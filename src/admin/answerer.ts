import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Flaw } from '../flaws/flaw.ts';
import { shapeFlaws } from '../flaws/schema.ts';
import { type Hostname, parsePolicyDomain } from '../names/hostname.ts';
import type { TenantDesk } from '../tenant/desk.ts';
import { negotiate } from './accept.ts';
import { type Answer, JSON_TYPE } from './answer.ts';
import type { Caller } from './caller.ts';
import { type Endpoint, typesOf } from './endpoint.ts';
import { names } from './etag.ts';
import type { KeyedAnswers } from './keyed-answers.ts';
import type { Parts } from './parts.ts';
import { notFound, problem } from './problem.ts';
import { readQuery } from './query.ts';
import { readJson } from './request-body.ts';
import { isWithin } from './within.ts';

type Answerer = (request: FastifyRequest, situation: Situation) => Promise<Answer>;

/** What is known of a request beyond what it says. */
interface Situation {
  readonly caller: Caller;
  readonly signal: AbortSignal;
  isGood(): boolean;
}

const NO_QUERY = Type.Object({}, { additionalProperties: false });

/** Answers the requests to an endpoint: what does not fit its schemas is told, and never comes to its handler. */
export function answerer(one: Endpoint, parts: Parts, keyed: KeyedAnswers): Answerer {
  const query = one.query ?? NO_QUERY;
  const queryFlaws = shapeFlaws(query);
  const readBody = bodyReader(one);
  const types = typesOf(one);
  return async (request, situation) => {
    const { caller } = situation;
    const type = negotiate(request.headers.accept, types);
    if (type === undefined) return notAcceptable(types);
    const path = request.params as Readonly<Record<string, string | undefined>>;
    const domain = path.domain === undefined ? undefined : visible(path.domain, one, caller, parts.desk);
    if (path.domain !== undefined && domain === undefined) return notFound('tenant');
    const asked = readQuery(query, request.query as Record<string, string | string[]>);
    const flaws = queryFlaws(asked);
    if (flaws.length > 0) return badRequest('The query has flaws.', flaws);
    const body = readBody(request);
    if ('refused' in body) return body.refused;
    const {
      'if-match': ifMatch,
      'if-none-match': ifNoneMatch,
      'last-event-id': lastEventId,
    } = request.headers;
    const input = {
      ...{ ...situation, path, type, ifMatch, query: asked, body: body.value },
      lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
      // Where the path has none, the handler knows.
      domain: domain as Hostname,
    };
    const make = async () => one.handle(parts, input);
    const key = one.method === 'POST' ? request.headers['idempotency-key'] : undefined;
    if (key === undefined) return conditional(await make(), one, ifNoneMatch);
    if (typeof key !== 'string' || !KEY.test(key)) return BAD_KEY;
    const at = parts.now();
    const keyedRequest = { token: caller.token.id, key, request: fingerprint(request), at };
    return keyed.answer(keyedRequest, caller.sealing, make);
  };
}

const KEY = /^[\x21-\x7e]{1,255}$/;

const BAD_KEY = problem('bad-request', {
  detail: 'Idempotency-Key is to be 1 to 255 visible characters of ASCII, such as a UUID.',
});

/** A hash of all that a request asks for. */
function fingerprint({ method, url, headers, body }: FastifyRequest): string {
  const head = JSON.stringify([method, url, headers['if-match'] ?? null, headers.accept ?? null]);
  const hash = createHash('sha256').update(head);
  return (body instanceof Uint8Array ? hash.update(body) : hash).digest('hex');
}

/** The tenant that a path names; undefined where it names none, or one that is not the caller's to see. */
function visible(
  text: string,
  { isForAnyName = false }: Endpoint,
  { token: { only } }: Caller,
  desk: TenantDesk,
): Hostname | undefined {
  const domain = parsePolicyDomain(text);
  if (domain.ok && isForAnyName) return domain.value;
  if (!domain.ok || (only !== undefined && !isWithin(only, domain.value, desk))) return undefined;
  return domain.value;
}

type ReadBody = { readonly value: unknown } | { readonly refused: Answer };

function bodyReader({ body }: Endpoint): (request: FastifyRequest) => ReadBody {
  if (body === undefined) return () => ({ value: undefined });
  const { type = JSON_TYPE, reads } = body;
  const flawsOf = shapeFlaws(reads);
  return ({ headers, body: bytes }) => {
    if (mediaType(headers['content-type']) !== type) return { refused: unsupported(type) };
    const sent = bytes instanceof Uint8Array ? bytes : new Uint8Array();
    if (type !== JSON_TYPE) return { value: sent };
    const value = readJson(sent);
    if (!value.ok) return { refused: badRequest('The body is no JSON.', value.flaws) };
    const flaws = flawsOf(value.value);
    const detail = 'Nothing was changed. Each flaw is told.';
    return flaws.length > 0 ? { refused: problem('flawed', { detail, errors: flaws }) } : value;
  };
}

function mediaType(header: string | undefined): string {
  return (header?.split(';')[0] ?? '').trim().toLowerCase();
}

function unsupported(type: string): Answer {
  return problem('unsupported-media-type', { detail: `Send the body as ${type}.` }, { accept: type });
}

function badRequest(detail: string, errors: readonly Flaw[]): Answer {
  return problem('bad-request', { detail, errors });
}

function notAcceptable(types: readonly string[]): Answer {
  return problem('not-acceptable', { detail: `To be had is: ${types.join(', ')}.` });
}

/** The answer, or that the client has it already (RFC 9110 section 13.1.2). */
function conditional(answer: Answer, { method }: Endpoint, ifNoneMatch: string | undefined): Answer {
  const { status, headers = {} } = answer;
  if (method !== 'GET' || status !== 200 || headers.etag === undefined || ifNoneMatch === undefined)
    return answer;
  const isKnown = names(ifNoneMatch, headers.etag.slice(1, -1), false);
  return isKnown ? { status: 304, headers, body: undefined } : answer;
}
