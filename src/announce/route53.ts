import { setTimeout as sleep } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { type Book, publisherTo, type Wanted } from './book.ts';
import type { Held } from './held.ts';
import { HttpApi, type HttpReply } from './http-api.ts';
import { type NotAnnounced, refused, unreachable } from './not-announced.ts';
import type { Publisher } from './publisher.ts';
import { quoteText, unquoteText } from './quoted-text.ts';
import { decoded, elements, escapeXml, textOf } from './xml.ts';
import { zonesAbove } from './zones-above.ts';

export interface Route53Options {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** That of signatures: one of the few where Route 53 is, whatever the region of all else. */
  readonly region: string;
  /** The zone to change; else the longest public one that the name lies in. */
  readonly hostedZoneId?: string | undefined;
  /** Of the API; that of the region's partition unless told otherwise. */
  readonly url?: string;
  /** How long one answer is waited for, in milliseconds. */
  readonly time?: number;
  /** How long it may take until all servers of Route 53 have a change, and the pause between two looks; milliseconds. */
  readonly spreading?: { readonly longest: number; readonly pause: number };
  /** Milliseconds since 1970. */
  now(): number;
}

/** The API of Amazon Route 53, version 2013-04-01 (docs.aws.amazon.com/Route53/latest/APIReference). */
export function route53Publisher(options: Route53Options): Publisher {
  return publisherTo(new Route53Book(options));
}

interface HeldInZone extends Held {
  readonly zoneId: string;
  /** The TXT record set as it was read: a change takes it away only while it is still just so. */
  readonly xml: string | undefined;
}

const VERSION = '2013-04-01';
const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';
const PER_PAGE = 100;
const MOST_PAGES = 10;
// Within a minute, as Amazon says.
const SPREADING = { longest: 90_000, pause: 3000 };
// Limits are per second; there is no Retry-After.
const PAUSE = 5000;
const LONGEST_TTL = 2_147_483_647;

const KEY_CODES: readonly string[] = [
  ...['InvalidClientTokenId', 'SignatureDoesNotMatch', 'IncompleteSignature', 'MissingAuthenticationToken'],
  ...['UnrecognizedClientException', 'InvalidSignatureException', 'OptInRequired'],
];
const CLOCK_CODES: readonly string[] = ['RequestExpired', 'ExpiredToken', 'RequestTimeTooSkewed'];
/** There is one code for all that can be wrong with a change; the rest is in words. */
const OVERTAKEN = /already exists|was not found|do not match/;
const LIMIT_CODES: readonly string[] = ['Throttling', 'ThrottlingException', 'PriorRequestNotComplete'];

class Route53Book implements Book<HeldInZone> {
  readonly #options: Route53Options;
  readonly #api: HttpApi;
  /** Of zones by name, as they were found. */
  readonly #zoneIds = new Map<string, string>();

  constructor(options: Route53Options) {
    this.#options = options;
    const { accessKeyId, secretAccessKey, time, now } = options;
    this.#api = new HttpApi({ name: 'Route 53', secrets: [secretAccessKey, accessKeyId], time, now });
  }

  ttl(wanted: number): number {
    return Math.min(wanted, LONGEST_TTL);
  }

  async read(name: string, signal: AbortSignal): Promise<HeldInZone> {
    const zoneId = await this.#findZone(name, signal);
    const sets = await this.#recordSets(zoneId, name, signal);
    const xml = sets.find((set) => textOf(set, 'Type') === 'TXT');
    const alias =
      sets.find((set) => textOf(set, 'Type') === 'CNAME') ?? (xml && elements(xml, 'AliasTarget')[0]);
    const isRouted = sets.some((set) => textOf(set, 'SetIdentifier') !== undefined);
    const ttl = Number(xml && textOf(xml, 'TTL'));
    return {
      zoneId,
      xml,
      texts: elements(xml ?? '', 'Value').map((value) => ({ text: unquoteText(octal(decoded(value))), ttl })),
      alias: alias && (textOf(alias, 'Value') ?? textOf(alias, 'DNSName') ?? '?'),
      strange: isRouted ? `The records of ${name} have a routing policy` : undefined,
    };
  }

  /** As one batch, of which all is done or nothing. */
  async replace({ zoneId, xml }: HeldInZone, wanted: Wanted, signal: AbortSignal): Promise<boolean> {
    const changes = [
      ...(xml === undefined ? [] : [change('DELETE', xml)]),
      ...(wanted.text === undefined ? [] : [change('CREATE', setXml(wanted, wanted.text))]),
    ];
    const body =
      `<?xml version="1.0" encoding="UTF-8"?><ChangeResourceRecordSetsRequest xmlns="${NAMESPACE}"><ChangeBatch>` +
      `<Changes>${changes.join('')}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`;
    const reply = await this.#send('POST', `hostedzone/${zoneId}/rrset/`, signal, body);
    // Somebody else changed the set, or an alias came there: the next look tells.
    if (codeOf(reply) === 'InvalidChangeBatch' && OVERTAKEN.test(reply.text)) return false;
    if (reply.status >= 300) throw this.#failure(reply);
    await this.#spread(reply, signal);
    return true;
  }

  /** Waits until all servers of Route 53 have the change. */
  async #spread(first: HttpReply, signal: AbortSignal): Promise<void> {
    const { spreading: { longest, pause } = SPREADING, now } = this.#options;
    const until = now() + longest;
    const id = bareId(textOf(first.text, 'Id') ?? '');
    for (let reply = first; textOf(reply.text, 'Status') !== 'INSYNC'; ) {
      if (now() >= until)
        throw unreachable('Route 53 has taken the change, but not yet brought it to all its servers');
      await sleep(pause, undefined, { signal });
      reply = await this.#get(`change/${id}`, signal);
    }
  }

  async #recordSets(zoneId: string, name: string, signal: AbortSignal): Promise<readonly string[]> {
    const found: string[] = [];
    let from = `name=${encodeURIComponent(name)}`;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { text } = await this.#get(`hostedzone/${zoneId}/rrset?${from}&maxitems=${PER_PAGE}`, signal);
      const sets = elements(text, 'ResourceRecordSet');
      found.push(...sets.filter((set) => isName(textOf(set, 'Name'), name)));
      const [next, type, id] = ['NextRecordName', 'NextRecordType', 'NextRecordIdentifier'].map((key) =>
        textOf(text, key),
      );
      // Sets come in the order of their names.
      if (textOf(text, 'IsTruncated') !== 'true' || !isName(next, name)) return found;
      from = `name=${encodeURIComponent(name)}&type=${type ?? ''}`;
      if (id !== undefined) from += `&identifier=${encodeURIComponent(id)}`;
    }
    throw refused(`${name} has too many records`, 'Use a name for Postseal alone');
  }

  async #findZone(name: string, signal: AbortSignal): Promise<string> {
    const { hostedZoneId } = this.#options;
    if (hostedZoneId !== undefined) return encodeURIComponent(bareId(hostedZoneId));
    for (const zone of zonesAbove(name)) {
      const known = this.#zoneIds.get(zone) ?? (await this.#zoneNamed(zone, signal));
      if (known === undefined) continue;
      this.#zoneIds.set(zone, known);
      return known;
    }
    throw refused(
      `Route 53 shows this key no public hosted zone that ${name} lies in`,
      'Set dns.route53.hosted_zone_id to that of the zone, or let the key list hosted zones (ListHostedZonesByName)',
    );
  }

  /** Private zones may have the same name. */
  async #zoneNamed(zone: string, signal: AbortSignal): Promise<string | undefined> {
    let from = `dnsname=${encodeURIComponent(zone)}`;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { text } = await this.#get(`hostedzonesbyname?${from}&maxitems=${PER_PAGE}`, signal);
      const named = elements(text, 'HostedZone').filter((each) => isName(textOf(each, 'Name'), zone));
      const open = named.find((each) => textOf(each, 'PrivateZone') !== 'true');
      if (open !== undefined) return bareId(textOf(open, 'Id') ?? '');
      const [next, id] = ['NextDNSName', 'NextHostedZoneId'].map((key) => textOf(text, key));
      if (textOf(text, 'IsTruncated') !== 'true' || !isName(next, zone)) return undefined;
      from = `dnsname=${encodeURIComponent(zone)}&hostedzoneid=${encodeURIComponent(id ?? '')}`;
    }
    return undefined;
  }

  async #get(path: string, signal: AbortSignal): Promise<HttpReply> {
    const reply = await this.#send('GET', path, signal);
    if (reply.status >= 300) throw this.#failure(reply);
    return reply;
  }

  async #send(method: 'GET' | 'POST', path: string, signal: AbortSignal, body?: string): Promise<HttpReply> {
    signal.throwIfAborted();
    const { accessKeyId, secretAccessKey, region, url = urlOf(region), now } = this.#options;
    const datetime = new Date(now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
    const signer = new AwsV4Signer({
      ...{ method, url: `${url}/${VERSION}/${path}`, accessKeyId, secretAccessKey, region, datetime },
      service: 'route53',
      ...(body !== undefined && { body, headers: { 'content-type': 'application/xml' } }),
    });
    const signed = await signer.sign();
    const headers = Object.fromEntries(signed.headers);
    const target = { method, url: String(signed.url), headers, ...(body !== undefined && { body }) };
    const reply = await this.#api.send(target, signal);
    if (LIMIT_CODES.includes(codeOf(reply))) {
      throw this.#api.limited({
        ...reply,
        text: wordsOf(reply),
        retryAfter: reply.retryAfter ?? now() + PAUSE,
      });
    }
    return reply;
  }

  #failure(reply: HttpReply): NotAnnounced {
    const code = codeOf(reply);
    const said = `${code}: ${wordsOf(reply)}`;
    if (KEY_CODES.includes(code)) {
      const remedy =
        'Set dns.route53.access_key_id and dns.route53.secret_access_key to those of a key in use';
      return this.#api.refusal(reply, remedy, said);
    }
    if (CLOCK_CODES.includes(code)) {
      return this.#api.refusal(reply, 'Set the clock of this machine by NTP', said);
    }
    if (code === 'NoSuchHostedZone') {
      this.#zoneIds.clear();
      return this.#api.refusal(
        reply,
        'Correct dns.route53.hosted_zone_id, or leave it out so that it is found',
        said,
      );
    }
    const remedy =
      'Let the key do ListHostedZonesByName, ListResourceRecordSets, ChangeResourceRecordSets and GetChange: dns.route53.access_key_id';
    return this.#api.refusal(reply, remedy, said);
  }
}

/** The partitions of Amazon, each with a Route 53 of its own. */
function urlOf(region: string): string {
  if (region.startsWith('cn-')) return 'https://route53.amazonaws.com.cn';
  return region.startsWith('us-gov-')
    ? 'https://route53.us-gov.amazonaws.com'
    : 'https://route53.amazonaws.com';
}

function change(action: 'CREATE' | 'DELETE', set: string): string {
  return `<Change><Action>${action}</Action><ResourceRecordSet>${set}</ResourceRecordSet></Change>`;
}

function setXml({ name, ttl }: Wanted, text: string): string {
  const value = escapeXml(quoteText(text));
  const records = `<ResourceRecords><ResourceRecord><Value>${value}</Value></ResourceRecord></ResourceRecords>`;
  return `<Name>${escapeXml(name)}.</Name><Type>TXT</Type><TTL>${ttl}</TTL>${records}`;
}

/** Names come with the last dot, in lower case, what is unusual in them as `\052`. */
function isName(found: string | undefined, name: string): boolean {
  return found !== undefined && octal(found) === `${name.toLowerCase()}.`;
}

/** Route 53 writes escapes in octal, not in decimal as zone files do. */
function octal(text: string): string {
  return text.replaceAll(/\\([0-3][0-7]{2})/g, (_, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 8));
    return /["\\]/.test(character) ? `\\${character}` : character;
  });
}

/** Such as `Z148QEXAMPLE8V` of `/hostedzone/Z148QEXAMPLE8V`. */
function bareId(id: string): string {
  return id.split('/').at(-1) ?? '';
}

function codeOf({ status, text }: HttpReply): string {
  return status < 300
    ? ''
    : (textOf(text, 'Code') ?? (elements(text, 'InvalidChangeBatch').length > 0 ? 'InvalidChangeBatch' : ''));
}

function wordsOf({ text }: HttpReply): string {
  return textOf(text, 'Message') ?? text;
}
