import { randomUUID } from 'node:crypto';
import Type from 'typebox';
import { webhookSignature } from '../alerts/webhook-signature.ts';
import type { Announcement, AnnounceOutcome } from '../tenant/announcement.ts';
import { HttpApi, type HttpReply, jsonShape } from './http-api.ts';
import { NotAnnounced } from './not-announced.ts';
import type { Publisher } from './publisher.ts';

export interface WebhookOptions {
  readonly url: string;
  /** `whsec_` and base64, or any text. */
  readonly secret: string;
  /** How long an answer is waited for, in milliseconds. */
  readonly time?: number;
  /** Milliseconds since 1970. */
  now(): number;
}

const REMEDY = 'Mend it in what takes the webhook: docs/dns.md says what is expected';
const SECRET_REMEDY = 'Set dns.webhook.secret to the secret that what takes the webhook has';
const wordsShape = jsonShape(Type.Object({ why: Type.String(), remedy: Type.Optional(Type.String()) }));

/** Hands each record set to something of the operator's, which brings it into DNS; signed as alerts are. */
export function webhookPublisher(options: WebhookOptions): Publisher {
  const { url, secret, time, now } = options;
  const api = new HttpApi({
    name: 'The webhook',
    secrets: [secret, secret.replace(/^whsec_/, '')],
    time,
    now,
  });
  return {
    announce: async (announcement, signal) => {
      const at = now();
      const body = JSON.stringify(payload(announcement, at));
      const signature = webhookSignature(body, secret, { id: `msg_${randomUUID()}`, at });
      const headers = { 'content-type': 'application/json', ...signature };
      try {
        return outcomeOf(await api.send({ method: 'POST', url, headers, body }, signal), api);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof NotAnnounced) return error.outcome;
        throw error;
      }
    },
  };
}

function payload({ domain, name, text, ttl }: Announcement, now: number) {
  const type = text === undefined ? 'dns.txt.remove' : 'dns.txt.set';
  const data = { domain, name, type: 'TXT', ...(text !== undefined && { text, ttl }) };
  return { type, timestamp: new Date(now).toISOString(), data };
}

function outcomeOf(reply: HttpReply, api: HttpApi): AnnounceOutcome {
  const { status } = reply;
  if (status >= 200 && status < 300) return { outcome: 'announced' };
  const said = wordsIn(reply);
  const remedy = said?.remedy ?? (status === 401 || status === 403 ? SECRET_REMEDY : REMEDY);
  const { outcome } = api.refusal(reply, remedy, said?.why);
  // 409: something stands there that is not ours.
  if (status === 409 && outcome.outcome === 'refused') return { ...outcome, outcome: 'foreign' };
  return outcome;
}

function wordsIn({ text }: HttpReply) {
  try {
    const value: unknown = JSON.parse(text);
    return wordsShape.matches(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
