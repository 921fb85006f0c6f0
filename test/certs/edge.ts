import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { Listeners } from '../../src/edge/listeners.ts';
import { EDGE_TIMES } from '../../src/edge/times.ts';
import { Workers } from '../../src/edge/workers.ts';
import { openState } from '../../src/store/files/state-file.ts';
import type { Address } from '../server/request.ts';

/** Real edge workers on loopback, without a primary around them. */
export interface Edge {
  readonly workers: Workers;
  readonly http: Address;
  readonly https: Address;
  close(): Promise<void>;
}

/** @param folder an existing folder for state and certificates. */
export async function startEdge(folder: string, count = 1): Promise<Edge> {
  const [state, certs] = [join(folder, 'state'), join(folder, 'certs')];
  mkdirSync(certs);
  openState(state).close();
  const any = [{ host: '127.0.0.1', port: 0 }];
  const listeners = { https: await Listeners.bind(any), http: await Listeners.bind(any) };
  const workers = new Workers({
    count,
    listeners,
    settings: {
      state,
      certs,
      localCa: false,
      maxConnections: 100,
      cachedCertificates: 10,
      logLevel: 'fatal',
      times: EDGE_TIMES,
    },
    log: pino({ level: 'silent' }),
    issue: async () => undefined,
  });
  await workers.listening;
  const address = ({ addresses }: Listeners) => addresses[0] as Address;
  return {
    workers,
    http: address(listeners.http),
    https: address(listeners.https),
    close: () => workers.close(),
  };
}
