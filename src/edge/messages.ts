import type { KeyPair } from '../certs/key-pair.ts';
import type { ChallengeAnswer, ChallengeName } from './challenge-table.ts';
import type { FromProcess, ToProcess } from './processes.ts';
import type { EdgeTimes } from './times.ts';

/** What a worker needs to know to begin. */
export interface WorkerSettings {
  /** File descriptors of the sockets to listen on, bound by the primary. */
  readonly https: readonly number[];
  readonly http: readonly number[];
  /** The folder of the state file. */
  readonly state: string;
  /** The folder of certificates, one PEM file per policy host. */
  readonly certs: string;
  /** Tenants' names point at it; it has a certificate, but no policy. */
  readonly serviceName: string;
  /** Whether the primary has a local CA that issues what the folder does not hold. */
  readonly localCa: boolean;
  /** The most connections that one worker holds at once on each listener. */
  readonly maxConnections: number;
  /** The most certificates that one worker holds in memory. */
  readonly cachedCertificates: number;
  readonly logLevel: string;
  readonly times: EdgeTimes;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** What a domain's policy is to be from now on; no text where it is served no more. */
export interface ServedText {
  readonly domain: string;
  readonly text?: string | undefined;
}

export interface ChallengeChange {
  readonly put: readonly ChallengeAnswer[];
  readonly remove: readonly ChallengeName[];
}

/** From the primary to a worker. */
export type ToWorker =
  | ToProcess
  | {
      readonly kind: 'begin';
      readonly settings: WorkerSettings;
      readonly challenges: readonly ChallengeAnswer[];
    }
  /** These texts are to be served; answered by `applied` once they are. */
  | { readonly kind: 'apply'; readonly pass: number; readonly texts: readonly ServedText[] }
  /** Challenges to answer from now on, or no longer; answered by `applied`. */
  | ({ readonly kind: 'challenges'; readonly pass: number } & ChallengeChange)
  /** These hosts have new certificates in the folder; answered by `applied` once they are used. */
  | { readonly kind: 'renewed'; readonly pass: number; readonly hosts: readonly string[] }
  /** The answer to `certificate-wanted`; no pair where none is issued for this host. */
  | { readonly kind: 'certificate'; readonly host: string; readonly pair?: KeyPair };

/** What a worker tells that other processes do not. */
export interface ToldByWorker {
  readonly kind: 'certificate-wanted';
  readonly host: string;
}

/** From a worker to the primary. */
export type FromWorker = FromProcess<WorkerMetrics> | ToldByWorker;

/** A worker's counts since it began. */
export interface WorkerMetrics {
  /** Answers by protocol and status, such as `2.0 200`. */
  readonly responses: Readonly<Record<string, number>>;
  /** Failed handshakes by reason. */
  readonly handshakeFailures: Readonly<Record<string, number>>;
  readonly droppedConnections: number;
  /** Open now. */
  readonly connections: number;
  readonly cachedCertificates: number;
  readonly policies: number;
}
