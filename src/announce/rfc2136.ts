import { randomInt } from 'node:crypto';
import { CLASS, RCODE, TYPE } from '../dns/codes.ts';
import { type Response, readResponse } from '../dns/response.ts';
import { signRequest, type TsigAnswerVerdict, type TsigKey, verifyResponse } from '../dns/tsig.ts';
import { encodeQuestion, encodeUpdate, txtData, txtText } from '../dns/update.ts';
import { canonicalName, nameToWire, readWireName, wireToText } from '../dns/wire-name.ts';
import { type Book, publisherTo, type Wanted } from './book.ts';
import { type DnsServer, type DnsTimes, exchange, USUAL_TIMES } from './dns-exchange.ts';
import type { Held } from './held.ts';
import { NotAnnounced, refused, unreachable } from './not-announced.ts';
import type { Publisher } from './publisher.ts';
import { type Addressee, rcodeFailure, signatureFailure, unbelievable } from './rfc2136-failure.ts';

export interface Rfc2136Options {
  /** The primary of the zone. */
  readonly server: DnsServer;
  /** The zone to change; else it is found by its SOA record. */
  readonly zone?: string | undefined;
  readonly key: TsigKey;
  readonly times?: DnsTimes;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Dynamic updates (RFC 2136), signed (RFC 8945), of the operator's own BIND, Knot, PowerDNS or whatever takes them. */
export function rfc2136Publisher(options: Rfc2136Options): Publisher {
  return publisherTo(new Rfc2136Book(options));
}

interface HeldInZone extends Held {
  /** Undefined where the answer did not tell it. */
  readonly zone: string | undefined;
  /** Of the TXT records, as they stand in messages. */
  readonly data: readonly Buffer[];
}

/** A prerequisite does not hold: somebody changed what was read. */
const OVERTAKEN: readonly number[] = [RCODE.NXDOMAIN, RCODE.YXDOMAIN, RCODE.YXRRSET, RCODE.NXRRSET];

class Rfc2136Book implements Book<HeldInZone> {
  readonly #options: Rfc2136Options;

  constructor(options: Rfc2136Options) {
    this.#options = options;
  }

  ttl(wanted: number): number {
    return wanted;
  }

  async read(name: string, signal: AbortSignal): Promise<HeldInZone> {
    const to = this.#addressee(name, this.#options.zone);
    const response = await this.#ask(to, TYPE.TXT, signal);
    const owner = canonicalName(nameToWire(name));
    const own = response.answers.filter((record) => record.name.equals(owner) && record.class === CLASS.IN);
    const texts = own.flatMap(({ type, ttl, data }) => {
      const text = type === TYPE.TXT ? txtText(data) : undefined;
      return text === undefined ? [] : [{ text, ttl }];
    });
    const alias = own.find(({ type }) => type === TYPE.CNAME);
    return {
      texts,
      alias: alias && wireToText(readWireName(alias.data, 0)?.wire ?? Buffer.from('?')),
      data: own.filter(({ type }) => type === TYPE.TXT).map(({ data }) => data),
      zone: to.zone ?? zoneIn(response),
    };
  }

  async replace(held: HeldInZone, wanted: Wanted, signal: AbortSignal): Promise<boolean> {
    const { name, text, ttl } = wanted;
    const { data } = held;
    const txt = { name, type: TYPE.TXT };
    const zone = held.zone ?? (await this.#findZone(this.#addressee(name, undefined), signal));
    const to = this.#addressee(name, zone);
    const message = encodeUpdate({
      id: randomInt(65_536),
      zone,
      prerequisites: [
        // A TXT record beside an alias would be dropped without a word (RFC 2136 section 3.4.2.2).
        { require: 'no-set', name, type: TYPE.CNAME },
        data.length === 0 ? { require: 'no-set', ...txt } : { require: 'exactly', ...txt, data },
      ],
      changes: [
        ...(data.length === 0 ? [] : [{ do: 'delete-set', ...txt } as const]),
        ...(text === undefined ? [] : [{ do: 'add', ...txt, ttl, data: txtData(text) } as const]),
      ],
    });
    const { rcode } = await this.#send(message, to, signal);
    if (rcode === RCODE.NOERROR) return true;
    // That it was done before, and only the answer was lost, shows in the same way.
    if (OVERTAKEN.includes(rcode)) return false;
    throw rcodeFailure(rcode, to);
  }

  /** The zone as the server knows it: the owner of the SOA record that stands in the answer or beside it. */
  async #findZone(to: Addressee, signal: AbortSignal): Promise<string> {
    const zone = zoneIn(await this.#ask(to, TYPE.SOA, signal));
    if (zone !== undefined) return zone;
    throw refused(`${to.server} tells no zone for ${to.name}`, 'Set dns.rfc2136.zone to the zone to change');
  }

  async #ask(to: Addressee, type: number, signal: AbortSignal): Promise<Response> {
    const response = await this.#send(encodeQuestion(randomInt(65_536), to.name, type), to, signal);
    if (response.rcode !== RCODE.NOERROR && response.rcode !== RCODE.NXDOMAIN) {
      throw rcodeFailure(response.rcode, to);
    }
    if (response.isAuthoritative) return response;
    throw refused(
      `${to.server} is not authoritative for ${to.name}`,
      'Set dns.rfc2136.server to the primary of the zone that this name lies in',
    );
  }

  /** Answers that can't be believed are waited past, since anybody may send them; they are told of where no other comes. */
  async #send(message: Buffer, to: Addressee, signal: AbortSignal): Promise<Response> {
    const { server, key, now, times = USUAL_TIMES } = this.#options;
    const signed = signRequest(message, key, now());
    let seen: TsigAnswerVerdict | undefined;
    const accept = (bytes: Buffer): boolean => {
      seen = verifyResponse(bytes, key, signed.mac, now());
      return (
        seen.verdict === 'good' ||
        seen.verdict === 'refused' ||
        (seen.verdict === 'unsigned' && isError(bytes))
      );
    };
    const bytes = await exchange(server, signed.message, accept, { signal, times }).catch(
      (error: unknown) => {
        const isSilence = error instanceof NotAnnounced && seen !== undefined;
        if (!isSilence || seen === undefined || seen.verdict === 'good' || seen.verdict === 'refused')
          throw error;
        throw unbelievable(to, seen.verdict);
      },
    );
    if (seen?.verdict === 'refused') {
      throw signatureFailure(seen.error, to, { server: seen.serverTime, own: now() });
    }
    const response = readResponse(seen?.verdict === 'good' ? seen.message : bytes);
    if (response === undefined) throw unreachable(`${to.server} sent a malformed answer`);
    return response;
  }

  #addressee(name: string, zone: string | undefined): Addressee {
    const { server, key } = this.#options;
    const { name: keyName, algorithm } = key;
    return { server: `${server.host} port ${server.port}`, keyName, algorithm, name, zone };
  }
}

function zoneIn({ answers, authorities }: Response): string | undefined {
  const soa = [...answers, ...authorities].find(({ type }) => type === TYPE.SOA);
  return soa && wireToText(soa.name);
}

/** Such as that of a server which knows nothing of signatures. */
function isError(bytes: Buffer): boolean {
  return (bytes.readUInt16BE(2) & 0xf) !== RCODE.NOERROR;
}
