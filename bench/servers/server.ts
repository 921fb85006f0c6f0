import { createServer } from 'node:net';
import type { Corpus } from '../corpus.ts';
import type { Running } from './process.ts';

/** A server of policies that is up. */
export interface Server extends Running {
  readonly name: string;
  /** HTTPS on 127.0.0.1. */
  readonly port: number;
  /** Resolves when every tenant is served. */
  loaded(): Promise<void>;
}

export interface Site {
  readonly corpus: Corpus;
  /** Processors for taskset. */
  readonly cores: string;
  readonly workers: number;
  /** A folder of its own, for state and config. */
  readonly folder: string;
}

/** A kind of server, by the name that the report gives it. It starts without waiting for anything. */
export interface Kind {
  readonly name: string;
  /** False where the certificate is not the tenant's own: then the report says so. */
  readonly ownCertificates: boolean;
  start(site: Site): Promise<Server>;
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

function listen(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
