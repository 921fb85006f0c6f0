import type { SecureContext } from 'node:tls';
import { type Hostname, policyHost } from '../names/hostname.ts';
import type { Authority, Fetched, Shown, Sight } from '../tenant/observing.ts';
import { type DesiredRecord, zoneLine } from '../tenant/records.ts';
import { mayConnect } from './address-scope.ts';
import { askAuthorities, shownBy } from './authoritative.ts';
import { type Addresses, addressesOf, recordsOf } from './observation.ts';
import { fetchPolicy } from './policy-fetch.ts';
import { fetchedOf, type HttpAnswer, wrongIn } from './policy-seen.ts';
import type { PublicDns } from './public-dns.ts';

/** What to look at: whether a tenant's policy and its id are what senders find. */
interface LookedAt {
  readonly domain: Hostname;
  /** The bytes of the policy. */
  readonly text: string;
  /** The name at which senders look for the id. */
  readonly owner: string;
  /** The name that the id is published at; the same, or one that the owner is to be an alias of. */
  readonly target: string;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Looks at what senders see. Rejects with the signal's reason only. */
export interface Outside {
  look(at: LookedAt, signal: AbortSignal): Promise<Sight>;
}

export interface OutsideOptions {
  readonly serviceName: Hostname;
  readonly dns: PublicDns;
  /** DNS as one server tells it, by its address. */
  at(address: string): PublicDns;
  /** With the roots that senders trust. */
  readonly context: SecureContext;
  /** Where policy hosts are reached from here, in the place of the addresses that DNS tells; none for these. */
  readonly connectTo: readonly Place[];
}

const PORT = 443;
// A zone can name hundreds.
const MOST_ADDRESSES = 16;

/** Looks as any sender on the Internet does. */
export function openOutside(options: OutsideOptions): Outside {
  const { dns } = options;
  return {
    async look(at, signal) {
      const own = addressesOf(await dns.addresses(options.serviceName, signal));
      const [policy, leads, authorities, texts] = await Promise.all([
        fetchFrom(options, at, own, signal),
        leadsOf(dns, at, signal),
        askAuthorities({ name: at.target, dns, at: options.at, own, signal }),
        dns.txt(at.owner, signal),
      ]);
      return { policy, leads, authorities, resolver: shownBy(texts) };
    },
  };
}

export type AloneOptions = Pick<OutsideOptions, 'serviceName' | 'context' | 'at'> & {
  /** Where this server itself is reached. */
  readonly places: readonly Place[];
  /** Its own name servers, as `address:port`; none where it has none. */
  readonly nameServers: readonly string[];
};

const NOBODY: Shown = { shows: 'unknown', why: 'No name server can be asked here' };

/** Looks at a server that only this machine can reach, as in a trial: past DNS, at its own listeners. */
export function openAlone({ serviceName, context, at: ask, places, nameServers }: AloneOptions): Outside {
  return {
    async look(at, signal) {
      const policy = await fetchAt({ serviceName, context }, at, places, NOWHERE, signal);
      const authorities = await Promise.all(
        nameServers.map(async (name): Promise<Authority> => {
          return { name, shown: shownBy(await ask(name).txt(at.target, signal)) };
        }),
      );
      return { policy, leads: { to: 'us' }, authorities, resolver: authorities[0]?.shown ?? NOBODY };
    },
  };
}

const NOWHERE: Addresses = { ipv4: { outcome: 'none' }, ipv6: { outcome: 'none' } };

/** Each address of the host, IPv4 and IPv6, as any of them may be asked. */
async function fetchFrom(
  options: OutsideOptions,
  at: LookedAt,
  own: readonly string[],
  signal: AbortSignal,
): Promise<Fetched> {
  const addresses = await options.dns.addresses(policyHost(at.domain), signal);
  const all = addressesOf(addresses).slice(0, MOST_ADDRESSES);
  const places = all.length > 0 && options.connectTo.length > 0 ? options.connectTo : all.map(placeOf);
  const isOverridden = places === options.connectTo;
  const refused = isOverridden ? [] : places.filter(({ host }) => !mayConnect(host, own));
  const fetched = await fetchAt(
    options,
    at,
    places.filter((place) => !refused.includes(place)),
    addresses,
    signal,
  );
  const [first] = refused;
  if (first === undefined || fetched.fetched === 'other') return fetched;
  const why = `${policyHost(at.domain)} leads to ${first.host}, which is no public address`;
  return { fetched: 'nothing', why, remedy: 'Take that address out of DNS' };
}

function placeOf(host: string): Place {
  return { host, port: PORT };
}

async function fetchAt(
  { serviceName, context }: Pick<OutsideOptions, 'serviceName' | 'context'>,
  { domain, text }: LookedAt,
  places: readonly Place[],
  addresses: Addresses,
  signal: AbortSignal,
): Promise<Fetched> {
  const host = policyHost(domain);
  const seen = places.map(async ({ host: address, port }) => {
    const wanted = { host, address, port, context, wrongIn: (answer: HttpAnswer) => wrongIn(answer, text) };
    return { address, seen: await fetchPolicy(wanted, signal) };
  });
  return fetchedOf({ host, serviceName, addresses, places: await Promise.all(seen) });
}

async function leadsOf(
  dns: PublicDns,
  { owner, target }: LookedAt,
  signal: AbortSignal,
): Promise<Sight['leads']> {
  if (owner === target) return { to: 'us' };
  const aliases = await dns.aliases(owner, signal);
  if (aliases.outcome === 'failed') {
    return { to: 'unknown', why: `DNS does not tell what ${owner} is an alias of (${aliases.why})` };
  }
  if (recordsOf(aliases).includes(target)) return { to: 'us' };
  const record: DesiredRecord = { name: owner, type: 'CNAME', value: target };
  const why =
    aliases.outcome === 'none' ? `${owner} is no alias` : `${owner} leads to ${recordsOf(aliases).at(-1)}`;
  // A TXT record of its own stands in the way of an alias.
  return {
    to: 'elsewhere',
    why,
    remedy: `Set this record, in the place of any other of this name: ${zoneLine(record)}`,
  };
}
