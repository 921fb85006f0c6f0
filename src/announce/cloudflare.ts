import Type, { type Static } from 'typebox';
import { type Book, publisherTo, type Wanted } from './book.ts';
import type { Held } from './held.ts';
import { HttpApi, type HttpReply, type HttpRequest, jsonShape } from './http-api.ts';
import { type NotAnnounced, refused } from './not-announced.ts';
import type { Publisher } from './publisher.ts';
import { quoteText, unquoteText } from './quoted-text.ts';
import { zonesAbove } from './zones-above.ts';

export interface CloudflareOptions {
  readonly apiToken: string;
  /** The zone to change; else the longest that the name lies in, which the token must be able to see. */
  readonly zoneId?: string | undefined;
  /** Of the API; Cloudflare's own unless told otherwise. */
  readonly url?: string;
  /** How long one answer is waited for, in milliseconds. */
  readonly time?: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The API of Cloudflare, version 4 (developers.cloudflare.com/api/resources/dns). */
export function cloudflarePublisher(options: CloudflareOptions): Publisher {
  return publisherTo(new CloudflareBook(options));
}

interface HeldInZone extends Held {
  readonly zoneId: string;
  /** Of the TXT records. */
  readonly ids: readonly string[];
}

const URL_OF_API = 'https://api.cloudflare.com/client/v4';
// What every plan takes; 1 stands for a time of Cloudflare's choice.
const [SHORTEST_TTL, LONGEST_TTL] = [60, 86_400];
const PER_PAGE = 100;
// Beside a record for people; it has no meaning to us.
const COMMENT = 'Set by Postseal';

const Failure = Type.Object({ code: Type.Integer(), message: Type.String() });
const failureShape = jsonShape(Type.Object({ errors: Type.Array(Failure) }));
const Pages = Type.Optional(Type.Object({ total_pages: Type.Optional(Type.Integer()) }));
const Zone = Type.Object({ id: Type.String(), name: Type.String(), status: Type.Optional(Type.String()) });
const zonesShape = jsonShape(Type.Object({ result: Type.Array(Zone), result_info: Pages }));
const Entry = Type.Object({
  id: Type.String(),
  name: Type.String(),
  type: Type.String(),
  content: Type.Optional(Type.String()),
  ttl: Type.Optional(Type.Number()),
});
const recordsShape = jsonShape(Type.Object({ result: Type.Array(Entry), result_info: Pages }));

const TOKEN_REMEDY =
  'Set dns.cloudflare.api_token to a token that may edit DNS of the zone, and read zones unless dns.cloudflare.zone_id is set';
const ZONE_REMEDY = 'Set dns.cloudflare.zone_id to that of the zone, or let the token see the zone';

/** Such a record is there already, or is gone, or an alias is there: somebody was faster. */
const OVERTAKEN: readonly number[] = [81_044, 81_053, 81_054, 81_057, 81_058];
/** No such zone, or no such object in it. */
const UNKNOWN_ZONE: readonly number[] = [1001, 7003];

class CloudflareBook implements Book<HeldInZone> {
  readonly #options: CloudflareOptions;
  readonly #api: HttpApi;
  /** Of zones by name, as they were found. */
  readonly #zoneIds = new Map<string, string>();

  constructor(options: CloudflareOptions) {
    this.#options = options;
    const { apiToken, time, now } = options;
    this.#api = new HttpApi({ name: 'Cloudflare', secrets: [apiToken], time, now });
  }

  ttl(wanted: number): number {
    return Math.min(Math.max(wanted, SHORTEST_TTL), LONGEST_TTL);
  }

  async read(name: string, signal: AbortSignal): Promise<HeldInZone> {
    const zoneId = await this.#findZone(name, signal);
    const found: Static<typeof Entry>[] = [];
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const path = `zones/${zoneId}/dns_records?name.exact=${encodeURIComponent(name)}&per_page=${PER_PAGE}&page=${page}`;
      const reply = await this.#send({ method: 'GET', path }, signal);
      const { result, result_info } = this.#api.read(recordsShape, reply);
      found.push(...result);
      pages = result_info?.total_pages ?? 1;
    }
    const own = found.filter((record) => record.name.toLowerCase() === name.toLowerCase());
    const texts = own.filter(({ type }) => type === 'TXT');
    return {
      zoneId,
      ids: texts.map(({ id }) => id),
      texts: texts.map(({ content = '', ttl = 1 }) => ({ text: unquoteText(content), ttl })),
      alias: own.find(({ type }) => type === 'CNAME')?.content,
    };
  }

  /** As one batch, of which all is done or nothing: the first record is changed, the others go. */
  async replace({ zoneId, ids }: HeldInZone, wanted: Wanted, signal: AbortSignal): Promise<boolean> {
    const { name, text, ttl } = wanted;
    const [first, ...others] = ids;
    const record =
      text === undefined ? undefined : { name, type: 'TXT', content: quoteText(text), ttl, comment: COMMENT };
    const gone = record === undefined ? ids : others;
    const batch = {
      deletes: gone.map((id) => ({ id })),
      patches: record !== undefined && first !== undefined ? [{ id: first, ...record }] : [],
      posts: record !== undefined && first === undefined ? [record] : [],
    };
    const path = `zones/${zoneId}/dns_records/batch`;
    const reply = await this.#api.send(this.#request('POST', path, JSON.stringify(batch)), signal);
    if (reply.status < 300) return true;
    if (codesOf(reply).some((code) => OVERTAKEN.includes(code))) return false;
    throw this.#failure(reply);
  }

  async #findZone(name: string, signal: AbortSignal): Promise<string> {
    const { zoneId } = this.#options;
    if (zoneId !== undefined) return encodeURIComponent(zoneId);
    for (const zone of zonesAbove(name)) {
      const known = this.#zoneIds.get(zone);
      if (known !== undefined) return known;
      const reply = await this.#send(
        { method: 'GET', path: `zones?name=${encodeURIComponent(zone)}` },
        signal,
      );
      const found = this.#api.read(zonesShape, reply).result.filter((each) => each.name === zone);
      // One that is being set up elsewhere may have the same name.
      const [first] = [...found.filter(({ status }) => status === 'active'), ...found];
      if (first === undefined) continue;
      this.#zoneIds.set(zone, encodeURIComponent(first.id));
      return encodeURIComponent(first.id);
    }
    throw refused(`Cloudflare shows this token no zone that ${name} lies in`, ZONE_REMEDY);
  }

  async #send(
    request: Pick<HttpRequest, 'method'> & { path: string },
    signal: AbortSignal,
  ): Promise<HttpReply> {
    const reply = await this.#api.send(this.#request(request.method, request.path), signal);
    if (reply.status >= 300) throw this.#failure(reply);
    return reply;
  }

  #request(method: HttpRequest['method'], path: string, body?: string): HttpRequest {
    const { apiToken, url = URL_OF_API } = this.#options;
    const headers = { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' };
    return { method, url: `${url}/${path}`, headers, ...(body !== undefined && { body }) };
  }

  #failure(reply: HttpReply): NotAnnounced {
    const { status, text } = reply;
    const said =
      errorsOf(reply)
        .map(({ code, message }) => `${code} ${message}`)
        .join(', ') || text;
    if (status === 404 || codesOf(reply).some((code) => UNKNOWN_ZONE.includes(code))) {
      this.#zoneIds.clear();
      return this.#api.refusal(reply, ZONE_REMEDY, said);
    }
    // 400 too is what a token gets that is none.
    return this.#api.refusal(reply, TOKEN_REMEDY, said);
  }
}

function errorsOf({ text }: HttpReply): readonly Static<typeof Failure>[] {
  try {
    const value: unknown = JSON.parse(text);
    return failureShape.matches(value) ? value.errors : [];
  } catch {
    return [];
  }
}

function codesOf(reply: HttpReply): readonly number[] {
  return errorsOf(reply).map(({ code }) => code);
}
