import { randomUUID } from 'node:crypto';
import type { Channel } from './channel.ts';
import { webhookSignature } from './webhook-signature.ts';

// Milliseconds.
const REQUEST_TIME = 15_000;

export interface WebhookOptions {
  /** http or https. It may hold a secret: no more than its origin is ever told. */
  readonly url: string;
  /** Signs the body, where it is set. */
  readonly secret: string | undefined;
  /** How long an answer is waited for, in milliseconds. */
  readonly time?: number;
}

/** Tells by a POST of JSON, without following redirects. Any status of success is taken for delivery. */
export function webhookChannel({ url, secret, time = REQUEST_TIME }: WebhookOptions): Channel {
  const { origin, address, authorization } = read(url);
  return {
    name: 'webhook',
    async tell(message, signal) {
      const body = JSON.stringify(message);
      const request = { id: `msg_${randomUUID()}`, at: Date.parse(message.at) };
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'postseal',
        ...(authorization !== undefined && { authorization }),
        ...(secret !== undefined && webhookSignature(body, secret, request)),
      };
      const late = AbortSignal.timeout(time);
      try {
        const response = await fetch(address, {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          signal: AbortSignal.any([signal, late]),
        });
        await response.body?.cancel();
        return response.ok ? { outcome: 'told' } : { outcome: 'failed', why: badStatus(origin, response) };
      } catch (error) {
        signal.throwIfAborted();
        return { outcome: 'failed', why: late.aborted ? tooLate(origin, time) : unreachable(origin, error) };
      }
    },
  };
}

/** A user and password go into a header: fetch takes no URL with them. */
function read(text: string) {
  const url = new URL(text);
  const { origin, username, password } = url;
  const [user, pass] = [username, password].map(decodeURIComponent);
  url.username = '';
  url.password = '';
  const basic = Buffer.from(`${user}:${pass}`).toString('base64');
  return { origin, address: url, authorization: username === '' ? undefined : `Basic ${basic}` };
}

function badStatus(origin: string, { status }: Response): string {
  const hint = status >= 300 && status < 400 ? '; redirects are not followed' : '';
  return `${origin} answered with HTTP status ${status}${hint}`;
}

function tooLate(origin: string, time: number): string {
  return `${origin} gave no answer in ${time / 1000} seconds`;
}

/** What fetch throws may hold the URL: only the code of what is behind it is told. */
function unreachable(origin: string, error: unknown): string {
  const { cause } = error as { readonly cause?: { readonly code?: string } };
  return `${origin} can't be reached (${cause?.code ?? 'unknown'})`;
}
