import Type from 'typebox';
import { type Book, publisherTo, type Wanted } from './book.ts';
import type { Held } from './held.ts';
import { HttpApi, type HttpReply, type HttpRequest, jsonShape } from './http-api.ts';
import { refused } from './not-announced.ts';
import type { Publisher } from './publisher.ts';
import { quoteText, unquoteText } from './quoted-text.ts';
import { zonesAbove } from './zones-above.ts';

export interface PowerDnsOptions {
  /** Of the server, such as `http://127.0.0.1:8081`. */
  readonly url: string;
  readonly apiKey: string;
  /** `localhost` for a server that is asked itself. */
  readonly serverId: string;
  /** The zone to change; else the longest that the name lies in. */
  readonly zone?: string | undefined;
  /** How long one answer is waited for, in milliseconds. */
  readonly time?: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The HTTP API of PowerDNS, version 4 (doc.powerdns.com/authoritative/http-api). */
export function powerDnsPublisher(options: PowerDnsOptions): Publisher {
  return publisherTo(new PowerDnsBook(options));
}

interface HeldInZone extends Held {
  /** Its path in the API. */
  readonly zone: string;
}

const RRSET = Type.Object({
  name: Type.String(),
  type: Type.String(),
  ttl: Type.Optional(Type.Integer()),
  records: Type.Array(Type.Object({ content: Type.String(), disabled: Type.Optional(Type.Boolean()) })),
});
const zonesShape = jsonShape(Type.Array(Type.Object({ id: Type.String(), name: Type.String() })));
const zoneShape = jsonShape(Type.Object({ rrsets: Type.Array(RRSET) }));

const KEY_REMEDY =
  'Set dns.powerdns.api_key to the api-key of the server, and let its webserver-allow-from take us';
const ZONE_REMEDY = 'Set dns.powerdns.zone to a zone of the server, or make one that this name lies in';

class PowerDnsBook implements Book<HeldInZone> {
  readonly #options: PowerDnsOptions;
  readonly #api: HttpApi;

  constructor(options: PowerDnsOptions) {
    this.#options = options;
    const { apiKey, time, now } = options;
    this.#api = new HttpApi({ name: 'PowerDNS', secrets: [apiKey], time, now });
  }

  ttl(wanted: number): number {
    return wanted;
  }

  async read(name: string, signal: AbortSignal): Promise<HeldInZone> {
    const zone = await this.#findZone(name, signal);
    // Servers before 4.6 do not know these parameters, and send all.
    const reply = await this.#send({ path: `${zone}?rrset_name=${absolute(name)}`, method: 'GET' }, signal);
    const own = this.#api.read(zoneShape, reply).rrsets.filter((each) => each.name === absolute(name));
    const txt = own.find(({ type }) => type === 'TXT');
    const alias = own.find(({ type }) => type === 'CNAME');
    // What is disabled is not served, and servers from 4.6 on do not even show it here.
    const served = (txt?.records ?? []).filter(({ disabled = false }) => !disabled);
    return {
      zone,
      texts: served.map(({ content }) => ({ text: unquoteText(content), ttl: txt?.ttl ?? 0 })),
      alias: alias && (alias.records[0]?.content ?? '?'),
    };
  }

  async replace({ zone }: HeldInZone, { name, text, ttl }: Wanted, signal: AbortSignal): Promise<boolean> {
    const set = { name: absolute(name), type: 'TXT' };
    const change =
      text === undefined
        ? { ...set, changetype: 'DELETE' }
        : { ...set, changetype: 'REPLACE', ttl, records: [{ content: quoteText(text), disabled: false }] };
    await this.#send({ path: zone, method: 'PATCH', body: JSON.stringify({ rrsets: [change] }) }, signal);
    return true;
  }

  async #findZone(name: string, signal: AbortSignal): Promise<string> {
    const { zone } = this.#options;
    for (const each of zone === undefined ? zonesAbove(name) : [zone]) {
      const path = `zones?zone=${absolute(each)}&dnssec=false`;
      const found = this.#api.read(zonesShape, await this.#send({ path, method: 'GET' }, signal));
      const [first] = found.filter((one) => one.name === absolute(each));
      if (first !== undefined) return `zones/${encodeURIComponent(first.id)}`;
    }
    throw refused(`PowerDNS has no zone ${zone ?? `for ${name}`}`, ZONE_REMEDY);
  }

  async #send(
    { path, ...request }: Omit<HttpRequest, 'url' | 'headers'> & { readonly path: string },
    signal: AbortSignal,
  ): Promise<HttpReply> {
    const { url, serverId, apiKey } = this.#options;
    const address = `${url.replace(/\/+$/, '')}/api/v1/servers/${encodeURIComponent(serverId)}/${path}`;
    const headers = { 'x-api-key': apiKey, 'content-type': 'application/json' };
    const reply = await this.#api.send({ ...request, url: address, headers }, signal);
    if (reply.status === 401 || reply.status === 403) throw this.#api.refusal(reply, KEY_REMEDY);
    if (reply.status === 404) {
      throw this.#api.refusal(reply, 'Correct dns.powerdns.url and dns.powerdns.server_id');
    }
    if (reply.status >= 300)
      throw this.#api.refusal(reply, 'Look into the log of that server for the reason');
    return reply;
  }
}

function absolute(name: string): string {
  return `${name}.`;
}
