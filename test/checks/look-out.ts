import { CHALLENGE_TYPES, type ChallengeType } from '../../src/certs/issuer.ts';
import { look } from '../../src/checks/look.ts';
import { openPublicDns } from '../../src/checks/public-dns.ts';
import { Listeners } from '../../src/edge/listeners.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { Edge } from '../edge/edge.ts';

/** What to look at from a host of a test network on which an edge answers. */
export interface LookingOut {
  /** Where the edge listens. */
  readonly addresses: readonly string[];
  readonly serviceName: string;
  readonly hosts: readonly string[];
  readonly challenges?: readonly ChallengeType[];
  readonly enough?: ChallengeType;
  /** Milliseconds after which all looks are given up. */
  readonly abort?: number;
}

// Looks at all hosts at once and prints, as JSON, what was found, by host, and how many challenges are left.
const { addresses, serviceName, hosts, challenges, enough, abort } = JSON.parse(
  process.argv[2] ?? '',
) as LookingOut;

const at = (port: number) => Listeners.bind(addresses.map((host) => ({ host, port })));
const edge = new Edge({ https: await at(443), http: await at(80) }, {});
await edge.workers.listening;
await edge.ready(1);
const stop = new AbortController();
if (abort !== undefined) setTimeout(() => stop.abort(new Error('given up')), abort);

const board = edge.workers.challenges;
const caa = { issuers: ['ca.test'], account: undefined };
const looks = hosts.map(async (host) => {
  const found = await look({
    host: host as Hostname,
    serviceName,
    cas: [{ name: 'ca', caa, challenges: challenges ?? CHALLENGE_TYPES }],
    enough,
    dns: openPublicDns({ timeout: 4000 }),
    board,
    signal: stop.signal,
  }).catch((error: Error) => error.message);
  return [host, found];
});
const found = Object.fromEntries(await Promise.all(looks));
console.log(JSON.stringify({ found, left: board.present.length }));

await edge.workers.close();
edge.store.close();
edge.home.remove();
