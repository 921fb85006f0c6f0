import type { FastifyReply } from 'fastify';
import { type Answer, JSON_TYPE } from './answer.ts';

/** What stands in every answer: nothing is kept on the way, and no browser makes more of it than it is. */
const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Sends an answer. The reply is its own end, for a hook to return. */
export function send(
  reply: FastifyReply,
  { status, type = JSON_TYPE, headers = {}, body }: Answer,
): FastifyReply {
  reply.code(status).headers({ ...HEADERS, ...headers });
  if (body === undefined) return reply.send();
  reply.type(type);
  return reply.send(isJson(type) ? JSON.stringify(body) : body);
}

function isJson(type: string): boolean {
  return /^application\/([\w.-]+\+)?json$/.test(type);
}
