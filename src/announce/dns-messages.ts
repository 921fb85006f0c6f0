import type { ZoneChange } from '../dns/record-set.ts';
import type { TsigAlgorithm } from '../dns/tsig.ts';
import type { ZoneFacts } from '../dns/zone.ts';
import type { ListenAddress } from '../edge/messages.ts';
import type { FromProcess, ToProcess } from '../edge/processes.ts';
import { addTallies, type Sum, type Tally } from '../edge/totals.ts';

/** What a DNS process needs to know to begin. */
export interface DnsSettings {
  /** Where to listen over UDP. */
  readonly udp: readonly ListenAddress[];
  /** File descriptors of the TCP sockets to listen on, bound by the primary. */
  readonly tcp: readonly number[];
  /** The folder of the state file. */
  readonly state: string;
  readonly zone: ZoneFacts;
  /** Of secondaries. */
  readonly keys: readonly SharedKey[];
  /** Answers over UDP of one kind to one network in a second; any number where it is 0. */
  readonly responsesPerSecond: number;
  /** The most TCP connections at once. */
  readonly maxConnections: number;
  readonly logLevel: string;
  readonly times: DnsTimes;
}

/** A TSIG key as it is written down; its secret in base64. */
interface SharedKey {
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: string;
}

/** Milliseconds. */
export interface DnsTimes {
  /** A TCP connection over which nothing comes or is taken. */
  readonly idle: number;
  /** How often it is looked for addresses that the machine got meanwhile. */
  readonly addresses: number;
  /** At the end, how long transfers under way may take. */
  readonly drain: number;
}

export const DNS_TIMES: DnsTimes = { idle: 10_000, addresses: 60_000, drain: 1_000 };

/** From the primary to a DNS process. */
export type ToDns =
  | ToProcess
  | { readonly kind: 'begin'; readonly settings: DnsSettings }
  /** Answered by `applied` once it is what is answered from. */
  | { readonly kind: 'apply'; readonly pass: number; readonly change: ZoneChange };

export type FromDns = FromProcess<DnsMetrics>;

/** A DNS process's counts since it began. */
export interface DnsMetrics {
  /** Answers by transport and code, such as `udp NXDOMAIN`. */
  readonly answers: Tally;
  /** Answers that were over the rate limit, by what became of them. */
  readonly limited: Tally;
  readonly transfers: Tally;
  /** Open now. */
  readonly connections: number;
}

const NOTHING: DnsMetrics = { answers: {}, limited: {}, transfers: {}, connections: 0 };

/** What several DNS processes counted and hold. */
export const DNS_SUM: Sum<DnsMetrics> = {
  nothing: NOTHING,
  add: (left, right) => ({
    answers: addTallies(left.answers, right.answers),
    limited: addTallies(left.limited, right.limited),
    transfers: addTallies(left.transfers, right.transfers),
    connections: left.connections + right.connections,
  }),
  ended: (last) => ({ ...last, connections: 0 }),
};
