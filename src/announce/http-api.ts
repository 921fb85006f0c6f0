import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/schema';
import { readRetryAfter } from '../acme/retry-after.ts';
import { quote } from '../flaws/quote.ts';
import { NotAnnounced, refused, unreachable } from './not-announced.ts';

export interface HttpApiOptions {
  /** What people call it. */
  readonly name: string;
  /** Never told in an outcome, not even where the other side repeats them. */
  readonly secrets: readonly string[];
  /** How long one answer is waited for, in milliseconds. */
  readonly time?: number | undefined;
  /** Milliseconds since 1970. */
  now(): number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpReply {
  readonly status: number;
  readonly text: string;
  /** Milliseconds since 1970, where it says when to come again. */
  readonly retryAfter: number | undefined;
}

// Milliseconds.
const REQUEST_TIME = 20_000;
// How long to keep away where a limit comes without a time, and at most.
const USUAL_PAUSE = 60_000;
const LONGEST_PAUSE = 24 * 3600_000;
// A zone of some ten thousand records, which a PowerDNS before 4.6 sends as a whole.
const MOST_BYTES = 16 * 1024 * 1024;

/** Requests to somebody's HTTP API: no redirects, no retries, bounded in time and size. */
export class HttpApi {
  readonly name: string;
  readonly #options: HttpApiOptions;

  constructor(options: HttpApiOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /**
   * Throws NotAnnounced where there is no answer, where the API limits us, and where it has a fault of its own; the
   * signal's reason once it is aborted.
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const reply = await this.#exchange(request, signal);
    if (reply.status === 429) throw this.limited(reply);
    if (reply.status >= 500) throw unreachable(`${this.name} answered with HTTP status ${reply.status}`);
    return reply;
  }

  limited({ retryAfter, text }: HttpReply): NotAnnounced {
    const now = this.#options.now();
    const until = Math.min(Math.max(now, retryAfter ?? now + USUAL_PAUSE), now + LONGEST_PAUSE);
    return new NotAnnounced({
      outcome: 'rate-limited',
      until,
      why: `${this.name} limits how often it is asked: ${this.#words(text)}`,
    });
  }

  /** A refusal in the API's own words. */
  refusal({ status, text }: HttpReply, remedy: string, said = text): NotAnnounced {
    return refused(`${this.name} refuses (HTTP status ${status}): ${this.#words(said)}`, remedy);
  }

  /** The JSON of a reply, which must have the shape that the API's documentation gives it. */
  read<Shape extends TSchema>(shape: JsonShape<Shape>, { text }: HttpReply): Static<Shape> {
    const value = parseJson(text);
    if (shape.matches(value)) return value;
    throw unreachable(`${this.name} answered with something that its documentation does not know`);
  }

  async #exchange({ url, ...request }: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const { time = REQUEST_TIME, now } = this.#options;
    const late = AbortSignal.timeout(time);
    try {
      const headers = { 'user-agent': 'postseal', ...request.headers };
      const both = AbortSignal.any([signal, late]);
      const response = await fetch(url, { ...request, headers, redirect: 'manual', signal: both });
      const text = await bounded(response);
      const retryAfter = readRetryAfter(response.headers.get('retry-after') ?? undefined, now());
      return { status: response.status, text, retryAfter };
    } catch (error) {
      signal.throwIfAborted();
      const { host } = new URL(url);
      if (late.aborted) throw unreachable(`No answer from ${host} in ${time / 1000} seconds`);
      // What fetch throws may hold the URL: only the code of what is behind it is told.
      const { cause } = error as { readonly cause?: { readonly code?: string } };
      throw unreachable(`No connection to ${host} (${cause?.code ?? 'it broke off'})`);
    }
  }

  #words(text: string): string {
    const secrets = this.#options.secrets.filter((secret) => secret !== '');
    return quote(secrets.reduce((told, secret) => told.replaceAll(secret, '[redacted]'), text.trim()));
  }
}

/** A shape of JSON, compiled once. */
export interface JsonShape<Shape extends TSchema> {
  matches(value: unknown): value is Static<Shape>;
}

export function jsonShape<Shape extends TSchema>(schema: Shape): JsonShape<Shape> {
  const validator = Compile(schema);
  return { matches: (value): value is Static<Shape> => validator.Check(value) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function bounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MOST_BYTES) throw new Error('too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
