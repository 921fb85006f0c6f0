import type { DnsRecord } from './dns-record.ts';
import type { Host } from './host.ts';
import { type Knot, startKnot } from './knot.ts';
import { Network, RESOLVER_NUMBER } from './network.ts';
import { startUnbound, type Unbound } from './unbound.ts';

export interface InternetOptions {
  /** Zones that the root delegates to the authoritative server. */
  readonly zones: readonly string[];
  readonly records?: readonly DnsRecord[];
  /** How long the hosts' resolver may keep an answer, in seconds. */
  readonly cacheSeconds?: number;
}

/** A network whose hosts have DNS: a resolver that starts at the root, and an authoritative server. */
export interface Internet {
  /** Changes what is in DNS. */
  readonly dns: Knot;
  /** What the hosts ask. */
  readonly resolver: Unbound;
  /** Plugs in a host with the addresses 10.88.0.n and fd00:88::n. Numbers 53 and 54 are taken. */
  host(name: string, ...numbers: readonly number[]): Promise<Host>;
  close(): Promise<void>;
}

export async function startInternet(options: InternetOptions): Promise<Internet> {
  const { zones, records = [], cacheSeconds = 0 } = options;
  const network = await Network.start();
  try {
    const host = await network.host('dns', RESOLVER_NUMBER, RESOLVER_NUMBER + 1);
    const [resolver = '', authority = ''] = host.ipv4;
    const dns = await startKnot(host, { address: authority, zones, records });
    const unbound = await startUnbound(host, { address: resolver, root: authority, cacheSeconds });
    return {
      dns,
      resolver: unbound,
      host: (name, ...numbers) => network.host(name, ...numbers),
      close: () => network.close(),
    };
  } catch (error) {
    await network.close();
    throw error;
  }
}
