import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import pino from 'pino';
import type { Test } from 'tap';
import { bindDns } from '../../src/announce/dns-listeners.ts';
import { DNS_TIMES, type DnsSettings } from '../../src/announce/dns-messages.ts';
import { DnsProcesses } from '../../src/announce/dns-processes.ts';
import { Notifier } from '../../src/announce/notifier.ts';
import { OwnDns } from '../../src/announce/own-dns.ts';
import { bringInOrder } from '../../src/announce/zone-start.ts';
import { Frames } from '../../src/dns/frames.ts';
import { tsigKey } from '../../src/dns/tsig.ts';
import type { Listeners } from '../../src/edge/listeners.ts';
import type { ListenAddress } from '../../src/edge/messages.ts';
import type { ProcessesTimes } from '../../src/edge/processes.ts';
import { openAnnounced } from '../../src/store/files/announced-file.ts';
import { FACTS } from '../dns/zone.ts';
import { eventually } from '../peers/eventually.ts';
import { TSIG_KEY } from '../peers/tsig-key.ts';
import type { LogLine } from '../server/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { policyDomain } from '../tenant/revisions.ts';

export interface DnsSiteOptions {
  readonly count?: number;
  readonly settings?: Partial<Omit<DnsSettings, 'udp' | 'tcp'>>;
  readonly processesTimes?: Partial<ProcessesTimes>;
  /** An existing state folder. */
  readonly state?: string;
  readonly listen?: readonly ListenAddress[];
  /** Are told of changes, and may copy the zone with the tests' key. */
  readonly secondaries?: readonly ListenAddress[];
  readonly notifyWaits?: readonly number[];
}

const SIGNAL = new AbortController().signal;

/** Our DNS server without the rest, on loopback. Its zone is that of {@link FACTS}. */
export class DnsSite {
  readonly state: string;
  readonly log: LogLine[] = [];
  readonly processes: DnsProcesses;
  readonly notifier: Notifier;
  readonly addresses: readonly ListenAddress[];
  readonly serials: number[] = [];
  own: OwnDns;

  constructor(t: Test, listeners: Listeners, options: DnsSiteOptions) {
    this.state = options.state ?? temporaryFolder(t);
    const store = openAnnounced(this.state);
    const serial = bringInOrder(store, { ...FACTS, ...options.settings?.zone }, Date.now());
    store.close();
    this.serials.push(serial);
    const log = pino(
      new Writable({
        write: (line, _encoding, done) => {
          this.log.push(JSON.parse(String(line)));
          done();
        },
      }),
    );
    this.addresses = listeners.addresses;
    const { secondaries = [], notifyWaits } = options;
    this.processes = new DnsProcesses({
      count: options.count ?? 2,
      listeners,
      settings: {
        state: this.state,
        zone: FACTS,
        keys: [TSIG_KEY],
        responsesPerSecond: 0,
        maxConnections: 100,
        logLevel: 'error',
        times: DNS_TIMES,
        ...options.settings,
      },
      log,
      ...(options.processesTimes && { times: options.processesTimes }),
    });
    this.notifier = new Notifier({
      zone: FACTS.name,
      secondaries,
      key: tsigKey(TSIG_KEY.name, TSIG_KEY.algorithm, Buffer.from(TSIG_KEY.secret, 'base64')),
      log,
      now: Date.now,
      ...(notifyWaits && { waits: notifyWaits }),
    });
    const open = () => openAnnounced(this.state);
    const changed = (serial: number) => {
      this.serials.push(serial);
      this.notifier.changed(serial);
    };
    const { processes } = this;
    this.own = new OwnDns({ zone: FACTS.name, open, processes, serial, changed, log, now: Date.now });
  }

  /** With every process answering. */
  static async start(t: Test, options: DnsSiteOptions = {}): Promise<DnsSite> {
    const listeners = await bindDns(options.listen ?? [{ host: '127.0.0.1', port: 0 }]);
    const site = new DnsSite(t, listeners, options);
    t.teardown(() => site.close());
    await site.ready(options.count ?? 2);
    return site;
  }

  get port(): number {
    return this.addresses[0]?.port ?? 0;
  }

  async ready(count: number): Promise<void> {
    await eventually('DNS processes', () => this.processes.ready >= count, 60);
  }

  /** @param name without the zone. */
  announce(name: string, text: string | undefined, ttl = 300) {
    const announcement = { domain: policyDomain('example.com'), name: `${name}.${FACTS.name}`, text, ttl };
    return this.own.announce(announcement, SIGNAL);
  }

  async close(): Promise<void> {
    this.notifier.close();
    await this.own.close();
    await this.processes.close();
  }
}

/** Sends a datagram from a socket of its own. @returns the answer; undefined where none comes in time. */
export async function ask(port: number, message: Buffer, milliseconds = 5_000): Promise<Buffer | undefined> {
  const socket = createSocket('udp4');
  try {
    socket.send(message, port, '127.0.0.1');
    const signal = AbortSignal.timeout(milliseconds);
    const [answer] = await once(socket, 'message', { signal });
    return answer as Buffer;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** A TCP connection that gives the messages that come over it. */
export class TcpClient {
  readonly socket;
  readonly answers: Buffer[] = [];
  readonly #frames = new Frames();

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => this.answers.push(...this.#frames.take(chunk)));
  }

  async received(count: number): Promise<readonly Buffer[]> {
    await eventually(`${count} answers over TCP`, () => this.answers.length >= count);
    return this.answers;
  }

  get ended(): Promise<unknown> {
    return this.socket.closed ? Promise.resolve() : once(this.socket, 'close');
  }
}
