import { Writable } from 'node:stream';
import pino from 'pino';
import type { Test } from 'tap';
import { Listeners } from '../../src/edge/listeners.ts';
import type { ProcessesTimes } from '../../src/edge/processes.ts';
import { EDGE_TIMES, type EdgeTimes } from '../../src/edge/times.ts';
import { Workers } from '../../src/edge/workers.ts';
import { parsePolicyDomain } from '../../src/names/hostname.ts';
import { checkPolicy } from '../../src/policy/policy.ts';
import { openState } from '../../src/store/files/state-file.ts';
import { accept } from '../../src/tenant/revision.ts';
import { NOTHING_FOUND, type TenantStore } from '../../src/tenant/store.ts';
import { goodValue } from '../cases.ts';
import type { Address } from '../server/request.ts';
import { Home, type LogLine } from '../server/server.ts';

export interface EdgeOptions {
  readonly count?: number;
  readonly times?: Partial<EdgeTimes>;
  readonly workersTimes?: Partial<ProcessesTimes>;
}

/** Workers with a state file, without the rest of the server, so that their times can be set. */
export class Edge {
  readonly home = new Home();
  readonly store: TenantStore = openState(this.home.state);
  readonly log: LogLine[] = [];
  readonly workers: Workers;
  readonly https: Address;
  readonly http: Address;

  constructor(listeners: { https: Listeners; http: Listeners }, options: EdgeOptions) {
    const { count = 1, times, workersTimes } = options;
    const lines = new Writable({
      write: (line, _encoding, done) => {
        this.log.push(JSON.parse(String(line)));
        done();
      },
    });
    this.https = listeners.https.addresses[0] as Address;
    this.http = listeners.http.addresses[0] as Address;
    this.workers = new Workers({
      count,
      listeners,
      settings: {
        state: this.home.state,
        certs: this.home.certs,
        localCa: false,
        serviceName: 'sts.postseal.test',
        maxConnections: 100,
        cachedCertificates: 100,
        logLevel: 'fatal',
        times: { ...EDGE_TIMES, ...times },
      },
      log: pino(lines),
      issue: async () => undefined,
      ...(workersTimes && { times: workersTimes }),
    });
  }

  static async start(t: Test, options: EdgeOptions = {}): Promise<Edge> {
    const any = [{ host: '127.0.0.1', port: 0 }];
    const https = await Listeners.bind(any);
    const edge = new Edge({ https, http: await Listeners.bind(any) }, options);
    t.teardown(async () => {
      for (const pid of edge.processes) process.kill(pid, 'SIGKILL');
      await edge.workers.close();
      edge.store.close();
      edge.home.remove();
    });
    await edge.workers.listening;
    await edge.ready(options.count ?? 1);
    return edge;
  }

  /** Waits until so many workers have all policies. */
  async ready(count: number): Promise<void> {
    while (this.workers.ready < count) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  get processes(): readonly number[] {
    return this.workers.pids;
  }

  /** Records a policy as the next revision. @returns what the workers are to be told. */
  record(name: string, max_age: number): { domain: string; text: string } {
    const domain = goodValue(parsePolicyDomain(name));
    const policy = goodValue(checkPolicy({ mode: 'none', max_age }));
    const standing = { newest: this.store.newest(domain), served: this.store.isServed(domain) };
    const now = Date.now();
    const accepted = accept(policy, standing, { now, actor: 'test', address: '', cause: 'test' });
    if (accepted.outcome !== 'revised') throw new Error(accepted.outcome);
    const { revision } = accepted;
    this.store.record({ ...NOTHING_FOUND, revisions: [{ domain, policy, revision }], now });
    return { domain, text: revision.text };
  }

  logged(event: string): LogLine[] {
    return this.log.filter((line) => line.event === event);
  }
}
