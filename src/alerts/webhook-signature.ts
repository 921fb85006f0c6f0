import { createHmac } from 'node:crypto';

/** What is signed besides the body: an id of this request alone, and its time in milliseconds since 1970. */
export interface SignedRequest {
  readonly id: string;
  readonly at: number;
}

/**
 * The headers that sign a request to a webhook, as Standard Webhooks 1.0 says
 * (github.com/standard-webhooks/standard-webhooks), for which there are libraries in many languages. By the id a replayed
 * request can be told.
 * @param secret `whsec_` and base64, or any text.
 */
export function webhookSignature(
  body: string,
  secret: string,
  { id, at }: SignedRequest,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1000));
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}
