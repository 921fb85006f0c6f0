import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Answer } from './answer.ts';
import { answerer } from './answerer.ts';
import type { Caller } from './caller.ts';
import { type Endpoint, typesOf } from './endpoint.ts';
import type { Gate } from './gate.ts';
import type { KeyedAnswers } from './keyed-answers.ts';
import type { Parts } from './parts.ts';
import { notFound, problem } from './problem.ts';
import { send } from './send.ts';

export interface ApiOptions {
  readonly endpoints: readonly Endpoint[];
  readonly parts: Parts;
  readonly gate: Gate;
  readonly keyed: KeyedAnswers;
  /** Aborted when the server ends. */
  readonly ending: AbortSignal;
  readonly log: { error(line: object): void };
}

/** In bytes. A tenant's document has at most 256 KiB. */
export const USUAL_BODY = 512 * 1024;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/**
 * The endpoints as a plugin of Fastify. Nothing in it is done for anybody without a good token: whatever is registered
 * here stands behind the gate, the answers to wrong paths and methods too.
 */
export async function api(instance: FastifyInstance, options: ApiOptions): Promise<void> {
  const { endpoints, gate } = options;
  const callers = new WeakMap<FastifyRequest, Caller>();
  instance.addHook('onRequest', async (request, reply) => {
    const admission = gate.admit(request.ip, request.headers.authorization);
    if ('denied' in admission) return send(reply, admission.denied);
    callers.set(request, admission.caller);
  });
  instance.setNotFoundHandler((_request, reply) => send(reply, notFound('path')));
  for (const [path, here] of Map.groupBy(endpoints, (one) => one.path)) {
    for (const one of here) addEndpoint(instance, one, options, callers);
    addOthers(instance, path, here);
  }
}

function addEndpoint(
  instance: FastifyInstance,
  one: Endpoint,
  { parts, gate, keyed, ending, log }: ApiOptions,
  callers: WeakMap<FastifyRequest, Caller>,
): void {
  const answer = answerer(one, parts, keyed);
  instance.route({
    method: one.method,
    url: urlOf(one.path),
    exposeHeadRoute: hasHead(one),
    bodyLimit: one.body?.most ?? USUAL_BODY,
    // Before the body is read.
    onRequest: async (request, reply) => {
      const forbidden = gate.forbid(callerOf(callers, request), one);
      if (forbidden !== undefined) return send(reply, forbidden);
    },
    handler: async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const signal = AbortSignal.any([ending, gone.signal]);
      const caller = callerOf(callers, request);
      const isGood = () => !ending.aborted && gate.isGood(caller);
      const answered = await answer(request, { caller, signal, isGood });
      // Too late to be answered: the answer ends early, and the log says why.
      if (answered.body instanceof Readable) {
        answered.body.once('error', (error) => log.error({ event: 'admin_answer_cut', err: error }));
      }
      return send(reply, answered);
    },
  });
}

/** Throws for whoever was not let in, who never comes this far. */
function callerOf(callers: WeakMap<FastifyRequest, Caller>, request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error('Nobody was let in');
  return caller;
}

/** The methods that mean nothing on a path, and OPTIONS, which asks for those that do (RFC 9110 section 9.3.7). */
function addOthers(instance: FastifyInstance, path: string, here: readonly Endpoint[]): void {
  const methods = here.flatMap((one) => (hasHead(one) ? [one.method, 'HEAD'] : [one.method]));
  const allow = [...methods, 'OPTIONS'].join(', ');
  const others = METHODS.filter((method) => !methods.includes(method));
  instance.route({
    method: others,
    url: urlOf(path),
    handler: (request, reply) => send(reply, request.method === 'OPTIONS' ? options(allow) : refusal(allow)),
  });
}

function options(allow: string): Answer {
  return { status: 204, headers: { allow }, body: undefined };
}

function refusal(allow: string): Answer {
  return problem('method-not-allowed', { detail: `Here is: ${allow}.` }, { allow });
}

/** Whether an endpoint answers HEAD too: where what it answers has an end. */
function hasHead(one: Endpoint): boolean {
  return one.method === 'GET' && !typesOf(one).includes('text/event-stream');
}

function urlOf(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
