import { createHash, createHmac } from 'node:crypto';
import type { Test } from 'tap';
import { quoteText, unquoteText } from '../../../src/announce/quoted-text.ts';
import { decoded, elements, escapeXml, textOf } from '../../../src/announce/xml.ts';
import { type Answer, type Asked, Mishaps, startHttpServer } from './http-server.ts';

interface RecordSet {
  readonly zone: string;
  /** With its last dot. */
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  /** As people write them. */
  readonly values: readonly string[];
  readonly identifier?: string;
}

class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const XMLNS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

/** The part of Route 53's API, version 2013-04-01, that changes records, as its documentation describes it. */
export class Route53StandIn {
  readonly accessKeyId = 'AKIDEXAMPLE0123456789';
  readonly secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  readonly mishaps = new Mishaps();
  readonly asked: Asked[] = [];
  /** How many looks a change is pending for. */
  pendingLooks = 1;
  readonly #now: () => number;
  readonly #zones: readonly { id: string; name: string; isPrivate: boolean }[];
  readonly #mostItems = 2;
  readonly #pending = new Map<string, number>();
  #sets: readonly RecordSet[] = [];
  #changes = 0;
  url = '';

  constructor(zones: readonly string[], now: () => number) {
    this.#now = now;
    this.#zones = zones.flatMap((name, index) => [
      ...['A', 'B'].map((letter) => ({ id: `Z0${index}${letter}`, name: `${name}.`, isPrivate: true })),
      { id: `Z1${index}`, name: `${name}.`, isPrivate: false },
    ]);
  }

  async start(t: Pick<Test, 'teardown'>): Promise<this> {
    this.url = await startHttpServer(t, (asked) => this.#answer(asked));
    return this;
  }

  get version(): string {
    return String(this.#changes);
  }

  texts(name: string): readonly { text: string; ttl: number }[] {
    const own = this.#sets.filter((set) => set.name === `${name}.` && set.type === 'TXT');
    return own.flatMap(({ values, ttl }) => values.map((value) => ({ text: unquoteText(value), ttl })));
  }

  put(record: { name: string; type: string; value: string; identifier?: string }): void {
    const { type, value, identifier } = record;
    const name = `${record.name}.`;
    this.#changes += 1;
    const same = this.#sets.find((set) => set.name === name && set.type === type);
    const values = [...(same?.values ?? []), type === 'TXT' ? quoteText(value) : value];
    const set = {
      zone: this.#zoneOf(name),
      name,
      type,
      ttl: 60,
      values,
      ...(identifier !== undefined && { identifier }),
    };
    this.#sets = [...this.#sets.filter((each) => each !== same), set];
  }

  remove(name: string): void {
    this.#changes += 1;
    this.#sets = this.#sets.filter((set) => set.name !== `${name}.`);
  }

  #answer(asked: Asked): Answer {
    this.asked.push(asked);
    const mishap = this.mishaps.take();
    if (mishap !== undefined) return mishap;
    try {
      this.#authenticate(asked);
      return { status: 200, headers: { 'content-type': 'text/xml' }, body: this.#route(asked) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const told = `<Type>Sender</Type><Code>${error.code}</Code><Message>${escapeXml(error.message)}</Message>`;
      const body = `<?xml version="1.0"?><ErrorResponse ${XMLNS}><Error>${told}</Error></ErrorResponse>`;
      return { status: error.status, headers: { 'content-type': 'text/xml' }, body };
    }
  }

  /** Signature Version 4, worked out anew (docs.aws.amazon.com/IAM, "Signing AWS API requests"). */
  #authenticate({ method, path, query, headers, body }: Asked): void {
    const pattern =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/route53\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([\da-f]{64})$/;
    const [, keyId, day = '', region = '', signed = '', signature] =
      pattern.exec(headers.authorization ?? '') ?? [];
    if (keyId === undefined)
      throw new Refusal(403, 'MissingAuthenticationToken', 'Missing Authentication Token');
    if (keyId !== this.accessKeyId) {
      throw new Refusal(
        403,
        'InvalidClientTokenId',
        'The security token included in the request is invalid.',
      );
    }
    const time = String(headers['x-amz-date']);
    const sent = Date.parse(time.replace(/^(....)(..)(..T..)(..)(..)Z$/, '$1-$2-$3:$4:$5Z'));
    if (!(Math.abs(sent - this.#now()) < 300_000)) {
      throw new Refusal(403, 'RequestExpired', 'Request has expired.');
    }
    const encode = (text: string) =>
      encodeURIComponent(text).replaceAll(
        /[!'()*]/g,
        (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
      );
    const pairs = [...query].map(([key, value]) => `${encode(key)}=${encode(value)}`).toSorted();
    const names = signed.split(';');
    const canonical = [
      ...[method, path, pairs.join('&')],
      ...names.map((name) => `${name}:${String(headers[name]).trim()}`),
      ...['', signed, createHash('sha256').update(body).digest('hex')],
    ].join('\n');
    const scope = `${day}/${region}/route53/aws4_request`;
    const hash = createHash('sha256').update(canonical).digest('hex');
    const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
    const keys = [day, region, 'route53', 'aws4_request'];
    const key = keys.reduce<string | Buffer>((one, part) => mac(one, part), `AWS4${this.secretAccessKey}`);
    const expected = mac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash}`).toString('hex');
    if (!names.includes('host') || expected !== signature) {
      const told = 'The request signature we calculated does not match the signature you provided.';
      throw new Refusal(403, 'SignatureDoesNotMatch', told);
    }
  }

  #route({ method, path, query, body }: Asked): string {
    const [, version, what, id = '', rest] = /^\/([\d-]+)\/(\w+)(?:\/(\w+)(\/rrset\/?)?)?$/.exec(path) ?? [];
    if (version !== '2013-04-01') throw new Refusal(404, 'InvalidAction', 'No such version');
    if (what === 'hostedzonesbyname' && method === 'GET') return this.#zonesByName(query);
    if (what === 'change' && method === 'GET') return this.#change(id);
    if (what !== 'hostedzone' || rest === undefined)
      throw new Refusal(404, 'InvalidAction', 'No such action');
    if (!this.#zones.some((zone) => zone.id === id)) {
      throw new Refusal(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${id}`);
    }
    if (method === 'GET') return this.#list(id, query);
    return this.#changeSets(id, body);
  }

  #zonesByName(query: URLSearchParams): string {
    const from = `${query.get('dnsname')}.`;
    const at = query.get('hostedzoneid') ?? '';
    const all = this.#zones
      .map((zone) => ({ ...zone, order: reversed(zone.name) }))
      .filter(({ order, id }) => order > reversed(from) || (order === reversed(from) && id >= at))
      .toSorted((a, b) => (a.order + a.id < b.order + b.id ? -1 : 1));
    const page = all.slice(0, this.#mostItems);
    const next = all[this.#mostItems];
    const zones = page.map(
      ({ id, name, isPrivate }) =>
        `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}</Name><CallerReference>x</CallerReference>` +
        `<Config><PrivateZone>${isPrivate}</PrivateZone></Config></HostedZone>`,
    );
    const more =
      next === undefined
        ? ''
        : `<NextDNSName>${next.name}</NextDNSName><NextHostedZoneId>${next.id}</NextHostedZoneId>`;
    return (
      `<?xml version="1.0"?><ListHostedZonesByNameResponse ${XMLNS}><HostedZones>${zones.join('')}</HostedZones>` +
      `<IsTruncated>${next !== undefined}</IsTruncated>${more}<MaxItems>100</MaxItems></ListHostedZonesByNameResponse>`
    );
  }

  #list(zone: string, query: URLSearchParams): string {
    const key = (name: string, type = '', identifier = '') => `${reversed(name)} ${type} ${identifier}`;
    const from = key(`${query.get('name')}.`, query.get('type') ?? '', query.get('identifier') ?? '');
    const order = ({ name, type, identifier }: RecordSet) => key(name, type, identifier);
    const all = this.#sets
      .filter((set) => set.zone === zone && order(set) >= from.trimEnd())
      .toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
    const next = all[this.#mostItems];
    const more =
      next === undefined
        ? ''
        : `<NextRecordName>${written(next.name)}</NextRecordName><NextRecordType>${next.type}</NextRecordType>${
            next.identifier === undefined
              ? ''
              : `<NextRecordIdentifier>${next.identifier}</NextRecordIdentifier>`
          }`;
    const sets = all
      .slice(0, this.#mostItems)
      .map((set) => `<ResourceRecordSet>${setXml(set)}</ResourceRecordSet>`);
    return (
      `<?xml version="1.0"?><ListResourceRecordSetsResponse ${XMLNS}><ResourceRecordSets>${sets.join('')}</ResourceRecordSets>` +
      `<IsTruncated>${next !== undefined}</IsTruncated>${more}<MaxItems>100</MaxItems></ListResourceRecordSetsResponse>`
    );
  }

  #changeSets(zone: string, body: string): string {
    const before = this.#sets;
    try {
      for (const one of elements(body, 'Change')) this.#changeSet(zone, one);
    } catch (error) {
      this.#sets = before;
      throw error;
    }
    this.#changes += 1;
    const id = `C${this.#changes}`;
    this.#pending.set(id, this.pendingLooks);
    return `<?xml version="1.0"?><ChangeResourceRecordSetsResponse ${XMLNS}>${this.#info(id)}</ChangeResourceRecordSetsResponse>`;
  }

  #changeSet(zone: string, xml: string): void {
    const name = (textOf(xml, 'Name') ?? '').toLowerCase();
    const type = textOf(xml, 'Type') ?? '';
    const values = elements(xml, 'Value').map(decoded);
    const set = { zone, name, type, ttl: Number(textOf(xml, 'TTL')), values };
    const told = `[name='${name}', type='${type}']`;
    const invalid = (why: string) => new Refusal(400, 'InvalidChangeBatch', `[Tried to ${why}]`);
    const zoneName = this.#zones.find(({ id }) => id === zone)?.name ?? '';
    if (!`.${name}`.endsWith(`.${zoneName}`)) {
      throw new Refusal(
        400,
        'InvalidChangeBatch',
        `[RRSet with DNS name ${name} is not permitted in zone ${zoneName}]`,
      );
    }
    const same = this.#sets.find((each) => each.zone === zone && each.name === name && each.type === type);
    if (textOf(xml, 'Action') === 'DELETE') {
      if (same === undefined) throw invalid(`delete resource record set ${told} but it was not found`);
      if (same.ttl !== set.ttl || same.values.join('\n') !== values.join('\n')) {
        throw invalid(
          `delete resource record set ${told} but the values provided do not match the current values`,
        );
      }
      this.#sets = this.#sets.filter((each) => each !== same);
      return;
    }
    if (same !== undefined) throw invalid(`create resource record set ${told} but it already exists`);
    if (this.#sets.some((each) => each.zone === zone && each.name === name && each.type === 'CNAME')) {
      throw invalid(
        `create ${told}, but a conflicting RRSet of type CNAME with the same DNS name already exists`,
      );
    }
    if (
      type === 'TXT' &&
      values.some((value) => !/^"([^"\\]|\\.){0,255}"( "([^"\\]|\\.){0,255}")*$/.test(value))
    ) {
      throw new Refusal(
        400,
        'InvalidChangeBatch',
        '[Invalid Resource Record: INVALID_CHARACTER_STRING_FORMAT]',
      );
    }
    this.#sets = [...this.#sets, set];
  }

  #change(id: string): string {
    const left = this.#pending.get(id);
    if (left === undefined) throw new Refusal(404, 'NoSuchChange', `Could not find resource with ID: ${id}`);
    this.#pending.set(id, left - 1);
    return `<?xml version="1.0"?><GetChangeResponse ${XMLNS}>${this.#info(id)}</GetChangeResponse>`;
  }

  #info(id: string): string {
    const status = (this.#pending.get(id) ?? 0) > 0 ? 'PENDING' : 'INSYNC';
    const time = '<SubmittedAt>2026-11-29T12:00:00.000Z</SubmittedAt>';
    return `<ChangeInfo><Id>/change/${id}</Id><Status>${status}</Status>${time}</ChangeInfo>`;
  }

  #zoneOf(name: string): string {
    const holding = this.#zones.filter((zone) => !zone.isPrivate && `.${name}`.endsWith(`.${zone.name}`));
    return holding.toSorted((a, b) => b.name.length - a.name.length)[0]?.id ?? '';
  }
}

/** Names are in the order of their labels from the last on. */
function reversed(name: string): string {
  return name.split('.').toReversed().join('.');
}

/** What is neither a letter, a digit, a hyphen nor an underscore comes in octal. */
function written(name: string): string {
  return name.replaceAll(/[^\w.-]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function setXml({ name, type, ttl, values, identifier }: RecordSet): string {
  const records = values.map(
    (value) => `<ResourceRecord><Value>${escapeXml(value)}</Value></ResourceRecord>`,
  );
  const routing =
    identifier === undefined ? '' : `<SetIdentifier>${identifier}</SetIdentifier><Weight>1</Weight>`;
  return `<Name>${written(name)}</Name><Type>${type}</Type>${routing}<TTL>${ttl}</TTL><ResourceRecords>${records.join('')}</ResourceRecords>`;
}
