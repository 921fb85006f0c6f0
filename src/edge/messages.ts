import type { KeyPair } from '../certs/key-pair.ts';
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

/** From the primary to a worker. */
export type ToWorker =
  | { readonly kind: 'begin'; readonly settings: WorkerSettings }
  /** These texts are to be served; answered by `applied` once they are. */
  | { readonly kind: 'apply'; readonly pass: number; readonly texts: readonly ServedText[] }
  /** The answer to `certificate-wanted`; no pair where none is issued for this host. */
  | { readonly kind: 'certificate'; readonly host: string; readonly pair?: KeyPair }
  | { readonly kind: 'metrics'; readonly request: number }
  /** Stop accepting, finish what is under way, and exit. */
  | { readonly kind: 'drain' };

/** From a worker to the primary. */
export type FromWorker =
  | { readonly kind: 'listening' }
  /** It can't serve, for a reason that a new worker would meet too. */
  | { readonly kind: 'failed'; readonly code: string }
  /** All policies are in memory. */
  | { readonly kind: 'loaded' }
  | { readonly kind: 'applied'; readonly pass: number }
  | { readonly kind: 'certificate-wanted'; readonly host: string }
  | { readonly kind: 'metrics'; readonly request: number; readonly metrics: WorkerMetrics };

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
