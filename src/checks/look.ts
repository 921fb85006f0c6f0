import { type CaaAnswer, caaNames } from '../certs/caa.ts';
import { CHALLENGE_TYPES, type ChallengeBoard, type ChallengeType } from '../certs/issuer.ts';
import type { Hostname } from '../names/hostname.ts';
import { mayConnect } from './address-scope.ts';
import { decide, type Look, refuseName } from './finding.ts';
import { type Addresses, addressesOf, type CaToAsk, type PathSeen } from './observation.ts';
import { walkOwnPath } from './own-path.ts';
import type { PublicDns } from './public-dns.ts';

export interface LookRequest {
  readonly host: Hostname;
  /** The operator's name that the host should be an alias of; may be the host itself. */
  readonly serviceName: string;
  readonly cas: readonly CaToAsk[];
  /** The challenge type that is enough where it opens a way to every CA: the others are then not tried. */
  readonly enough?: ChallengeType | undefined;
  readonly dns: PublicDns;
  readonly board: ChallengeBoard;
  readonly signal: AbortSignal;
}

// A zone can name hundreds, and each costs two connections.
const MOST_ADDRESSES = 16;

/**
 * Looks at a host from outside before an order (promise I5): DNS, CAA, and whether it leads to us. Takes as long as a
 * question of `dns` twice and a path, some ten seconds at most. The board holds one TLS-ALPN-01 challenge per host: no
 * order for the same host may run meanwhile. Rejects with the signal's reason, or where the board fails.
 */
export async function look(request: LookRequest): Promise<Look> {
  const { host, serviceName, cas, enough, dns, signal } = request;
  const refused = refuseName(host, cas);
  if (refused !== undefined) return refused;
  const [addresses, aliases, service, caa] = await Promise.all([
    dns.addresses(host, signal),
    dns.aliases(host, signal),
    dns.addresses(serviceName, signal),
    lookUpCaa(request),
  ]);
  const seen = { host, serviceName, cas, addresses, aliases, service, caa };
  const lookBy = async (types: readonly ChallengeType[]) =>
    decide({ ...seen, paths: await walkPaths(request, addresses, service, types) });
  const short = enough && (await lookBy([enough]));
  const isEnough = short && cas.every(({ name }) => short.ways[name]?.includes(enough));
  return isEnough ? short : lookBy(CHALLENGE_TYPES);
}

/** No more than CAs that heed CAA make worth while. */
async function lookUpCaa({ host, cas, dns, signal }: LookRequest): Promise<ReadonlyMap<string, CaaAnswer>> {
  if (cas.every(({ caa }) => caa.issuers.length === 0)) return new Map();
  const answers = caaNames(host).map(async (name) => [name, await dns.caa(name, signal)] as const);
  return new Map(await Promise.all(answers));
}

async function walkPaths(
  { host, cas, board, signal }: LookRequest,
  addresses: Addresses,
  service: Addresses,
  among: readonly ChallengeType[],
): Promise<readonly PathSeen[]> {
  const types = among.filter((type) => cas.some(({ challenges }) => challenges.includes(type)));
  const all = addressesOf(addresses);
  const own = addressesOf(service);
  const walked = all.filter((address) => mayConnect(address, own)).slice(0, MOST_ADDRESSES);
  const avoided = all.filter((address) => !walked.includes(address));
  const seen = walked.length > 0 ? await walkOwnPath({ host, addresses: walked, types, board }, signal) : [];
  return [...seen, ...avoided.flatMap((address) => types.map((type) => avoid(type, address, own)))];
}

function avoid(type: PathSeen['type'], address: string, own: readonly string[]): PathSeen {
  const why = mayConnect(address, own)
    ? `not tried: more than ${MOST_ADDRESSES} addresses`
    : 'not tried: no public address';
  return { type, address, answer: { seen: 'unreachable', why, fromHere: false } };
}
