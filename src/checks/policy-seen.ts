import type { IncomingHttpHeaders } from 'node:http';
import { quote } from '../flaws/quote.ts';
import { type Hostname, policyDomain } from '../names/hostname.ts';
import type { Fetched } from '../tenant/observing.ts';
import { zoneLine } from '../tenant/records.ts';
import type { Addresses, Seen } from './observation.ts';

/** Who answered at an address where a policy should be found. */
export type PolicySeen =
  | { readonly seen: 'policy' }
  /** Over a verified connection, but not the policy; `wrong` goes on from "answers". */
  | { readonly seen: 'answer'; readonly wrong: string }
  /** Somebody whose certificate does not prove that it is the host. */
  | { readonly seen: 'unproven'; readonly why: string }
  | Exclude<Seen, { readonly seen: 'reached' }>;

/** What an HTTP server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One address of a policy host, with what was seen there. */
interface PolicyAt {
  readonly address: string;
  readonly seen: PolicySeen;
}

/** All that was seen of a policy host. */
export interface HostSeen {
  readonly host: Hostname;
  readonly serviceName: string;
  readonly addresses: Addresses;
  readonly places: readonly PolicyAt[];
}

/** What is wrong with an answer, for a strict sender that expects this text; undefined where nothing is. */
export function wrongIn(answer: HttpAnswer, text: string): string | undefined {
  const { body } = answer;
  const isOther = !body.equals(Buffer.from(text));
  return wrongForm(answer) ?? (isOther ? `with other bytes: ${quote(body.toString('latin1'))}` : undefined);
}

/** What keeps an answer from being any policy at all (RFC 8461 section 3.3). */
export function wrongForm({ status, headers }: HttpAnswer): string | undefined {
  if (status >= 300 && status < 400) {
    // RFC 8461 section 3.3: redirects must not be followed.
    return `with a redirect (status ${status}) to ${quote(headers.location ?? '')}`;
  }
  if (status !== 200) return `with status ${status} instead of 200`;
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'text/plain') {
    return `with the media type ${quote(headers['content-type'] ?? '')} instead of text/plain`;
  }
  return undefined;
}

/** What all of it comes to. An address that only this machine can't reach says nothing while another is good. */
export function fetchedOf(seen: HostSeen): Fetched {
  const { host, places } = seen;
  const answers = places.filter(({ seen }) => seen.seen === 'answer');
  if (answers.length > 0) return { fetched: 'other', why: told(host, answers), remedy: OTHERS };
  const dead = places.filter((place) => !isGood(place) && !isFromHere(place));
  if (dead.length > 0) return { fetched: 'nothing', why: told(host, dead), remedy: remedyOf(dead, seen) };
  const unknown = unknownOf(seen);
  if (unknown !== undefined) return { fetched: 'unknown', why: unknown, remedy: OURS };
  if (places.some(isGood)) return { fetched: 'same' };
  if (places.length > 0) return { fetched: 'unknown', why: told(host, places), remedy: OURS };
  return { fetched: 'nothing', why: `${host} has no address in DNS`, remedy: setAlias(seen) };
}

const OTHERS =
  'Let every address of the policy host lead to Postseal, and nothing between answer in its place, such as a cache';
const OURS =
  'Let this machine ask public DNS (dns.resolver) and reach its own public addresses, or set outside.connect_to';

function isGood({ seen }: PolicyAt): boolean {
  return seen.seen === 'policy';
}

function isFromHere({ seen }: PolicyAt): boolean {
  return seen.seen === 'unreachable' && seen.fromHere;
}

function unknownOf({ host, addresses: { ipv4, ipv6 } }: HostSeen): string | undefined {
  const [failed] = [ipv4, ipv6].filter((answer) => answer.outcome === 'failed');
  return failed && `DNS does not tell the addresses of ${host} (${failed.why})`;
}

function told(host: Hostname, places: readonly PolicyAt[]): string {
  return `${host} ${places.map(({ address, seen }) => `at ${address} ${words(seen)}`).join('; ')}`;
}

/** What was seen, to go on after the place. */
export function words(seen: PolicySeen): string {
  switch (seen.seen) {
    case 'policy':
      return 'answers the policy';
    case 'answer':
      return `answers ${seen.wrong}`;
    case 'unproven':
      return `has no certificate for the name that senders trust (${seen.why})`;
    case 'other':
      return `is ${seen.who}`;
    case 'unreachable':
      return `can not be reached (${seen.why})`;
  }
}

function remedyOf(places: readonly PolicyAt[], seen: HostSeen): string {
  const isUnproven = places.some(({ seen }) => seen.seen === 'unproven');
  return isUnproven
    ? 'Look at its certificate: postseal cert list; for a private CA set outside.ca_file'
    : setAlias(seen);
}

function setAlias({ host, serviceName }: HostSeen): string {
  const record = zoneLine({ name: host, type: 'CNAME', value: serviceName });
  const whose = policyDomain(host) ?? host;
  return `Let ${host} lead here, by this record in the zone of ${whose}: ${record}`;
}
