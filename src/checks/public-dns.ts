import type { MxRecord as NodeMxRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { CaaAnswer, CaaRecord } from '../certs/caa.ts';
import type { Addresses, Answer } from './observation.ts';

/** A mail host as DNS names it; its name may be that of no host, such as the root for a null MX (RFC 7505). */
export interface MxRecord {
  readonly preference: number;
  /** Without the trailing dot: empty for the root. */
  readonly exchange: string;
}

export interface PublicDnsOptions {
  /** Recursive resolvers as `address` or `address:port`, IPv6 in brackets; default the system's. */
  readonly servers?: readonly string[];
  /** Milliseconds after which a question counts as failed. */
  readonly timeout: number;
}

/** DNS as a CA sees it. Rejects only with the signal's reason. */
export interface PublicDns {
  addresses(name: string, signal: AbortSignal): Promise<Addresses>;
  /** The names that this one is an alias of, each the target of the one before. */
  aliases(name: string, signal: AbortSignal): Promise<Answer<string>>;
  /** The MX records of a name, aliases followed, the most wanted host first. */
  mx(name: string, signal: AbortSignal): Promise<Answer<MxRecord>>;
  /** The TXT records of a name, aliases followed, each with its strings. */
  txt(name: string, signal: AbortSignal): Promise<Answer<readonly string[]>>;
  /** The CAA records of a name, aliases followed (RFC 8659 section 3). */
  caa(name: string, signal: AbortSignal): Promise<CaaAnswer>;
  /** The name servers of the zone that begins at this name. */
  nameServers(name: string, signal: AbortSignal): Promise<Answer<string>>;
}

type Question<T> = (resolver: Resolver) => Promise<readonly T[]>;
type Ask = <T>(question: Question<T>) => Promise<Answer<T>>;

// Resolvers follow some ten; a longer chain is a mistake.
const MOST_ALIASES = 16;
const NONE: ReadonlySet<string | undefined> = new Set(['ENODATA', 'ENOTFOUND']);
const FAILURES: Readonly<Record<string, string>> = {
  ECANCELLED: 'no answer in time',
  ETIMEOUT: 'no answer in time',
  ESERVFAIL: 'SERVFAIL',
  EREFUSED: 'REFUSED',
  ECONNREFUSED: 'no resolver to ask',
};

export function openPublicDns(options: PublicDnsOptions): PublicDns {
  return {
    addresses: async (name, signal) => {
      const ask = asker(options, signal);
      const [ipv4, ipv6] = await Promise.all([
        ask((resolver) => resolver.resolve4(name)),
        ask((resolver) => resolver.resolve6(name)),
      ]);
      return { ipv4, ipv6 };
    },
    aliases: (name, signal) => aliases(asker(options, signal), name),
    mx: (name, signal) =>
      asker(
        options,
        signal,
      )(async (resolver) => {
        const records = (await resolver.resolveMx(name)).map(mxRecord);
        return records.sort((one, two) => one.preference - two.preference || byName(one, two));
      }),
    txt: (name, signal) => asker(options, signal)((resolver) => resolver.resolveTxt(name)),
    caa: async (name, signal) => {
      const ask = asker(options, signal);
      const answer = await ask(async (resolver) => (await resolver.resolveCaa(name)).map(caaRecord));
      if (answer.outcome === 'failed') return 'failed';
      if (answer.outcome === 'none') return { records: [] };
      const chain = await aliases(ask, name);
      const owner = chain.outcome === 'found' ? chain.records.at(-1) : undefined;
      return { records: answer.records, owner: owner ?? name };
    },
    nameServers: (name, signal) => asker(options, signal)((resolver) => resolver.resolveNs(name)),
  };
}

/** What asks with one deadline for all. Each question has a resolver of its own, for only a whole one can be cancelled. */
function asker({ servers, timeout }: PublicDnsOptions, signal: AbortSignal): Ask {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  return async (question) => {
    signal.throwIfAborted();
    if (stop.aborted) return { outcome: 'failed', why: 'no answer in time' };
    // The second try may take twice as long as the first.
    const resolver = new Resolver({ timeout: Math.ceil(timeout / 3), tries: 2 });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    stop.addEventListener('abort', cancel);
    try {
      const records = await question(resolver);
      return records.length > 0 ? { outcome: 'found', records } : { outcome: 'none' };
    } catch (error) {
      signal.throwIfAborted();
      return failure(error as NodeJS.ErrnoException);
    } finally {
      stop.removeEventListener('abort', cancel);
    }
  };
}

function failure(error: NodeJS.ErrnoException): Answer<never> {
  const { code } = error;
  if (NONE.has(code)) return { outcome: 'none' };
  // What is no answer of DNS is a mistake of ours.
  if (code === undefined) throw error;
  return { outcome: 'failed', why: FAILURES[code] ?? code };
}

async function aliases(ask: Ask, name: string): Promise<Answer<string>> {
  const chain: string[] = [];
  for (let last: string | undefined = name; last !== undefined; last = chain.at(-1)) {
    const owner: string = last;
    const answer = await ask((resolver) => resolver.resolveCname(owner));
    if (answer.outcome === 'failed') return answer;
    const target = answer.outcome === 'found' ? answer.records[0]?.toLowerCase() : undefined;
    if (target === undefined) break;
    const isLoop = target === name.toLowerCase() || chain.includes(target);
    if (isLoop || chain.length === MOST_ALIASES) return { outcome: 'failed', why: 'aliases without end' };
    chain.push(target);
  }
  return chain.length > 0 ? { outcome: 'found', records: chain } : { outcome: 'none' };
}

function mxRecord({ priority, exchange }: NodeMxRecord): MxRecord {
  return { preference: priority, exchange: exchange.toLowerCase() };
}

function byName(one: MxRecord, two: MxRecord): number {
  return one.exchange < two.exchange ? -1 : 1;
}

/** Node gives the tag as a key beside two of its own: a tag of such a name, which no CA knows, loses its text. */
function caaRecord({ critical, ...rest }: { readonly critical: unknown }): CaaRecord {
  const [[tag, value] = ['', '']] = Object.entries<unknown>(rest).filter(([key]) => key !== 'type');
  return { flags: typeof critical === 'number' ? critical : 0, tag, value: String(value) };
}
