import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { truncated } from '../dns/answer.ts';
import { RCODE, rcodeName } from '../dns/codes.ts';
import { hashOfName, RateLimit } from '../dns/rate-limit.ts';
import { type Authority, type Response, respond, type Transport } from '../dns/respond.ts';
import type { ListenAddress } from '../edge/messages.ts';
import type { DnsMetrics, DnsSettings } from './dns-messages.ts';
import { serveConnection } from './tcp-connection.ts';
import { bindUdp, udpAddresses } from './udp-socket.ts';

// Connections that the kernel holds until they are taken; it allows no more than net.core.somaxconn.
const BACKLOG = 1024;
/** What is told of a failure, at most once in so many milliseconds. */
const TELLING = 1_000;

type Answered = Extract<Response, { readonly to: 'query' }>;

/** The sockets of a DNS process: whatever comes in is answered from what it holds in memory. */
export class DnsServer {
  readonly #authority: Authority;
  readonly #settings: DnsSettings;
  readonly #log: Logger;
  readonly #limit: RateLimit | undefined;
  readonly #sockets = new Map<string, UdpSocket>();
  readonly #servers: Server[] = [];
  /** The one over which a query came longest ago is the first. */
  readonly #connections = new Set<Socket>();
  readonly #answers: Record<string, number> = {};
  readonly #limited: Record<string, number> = {};
  readonly #transfers: Record<string, number> = {};
  #timer: NodeJS.Timeout | undefined;
  #told = Number.NEGATIVE_INFINITY;

  constructor(authority: Authority, settings: DnsSettings, log: Logger, seed: number) {
    this.#authority = authority;
    this.#settings = settings;
    this.#log = log;
    const { responsesPerSecond: perSecond } = settings;
    this.#limit = perSecond === 0 ? undefined : new RateLimit({ perSecond, seed });
  }

  async listen(): Promise<void> {
    const { tcp, times } = this.#settings;
    await this.#bindAll();
    await Promise.all(tcp.map((descriptor) => this.#listenTcp(descriptor)));
    this.#timer = setInterval(() => void this.#bindAll(), times.addresses);
  }

  metrics(): DnsMetrics {
    return {
      answers: this.#answers,
      limited: this.#limited,
      transfers: this.#transfers,
      connections: this.#connections.size,
    };
  }

  /** Takes nothing more; done when the connections have ended, which idle ones do at once. */
  async drain(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets.values()) socket.close();
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#connections) if (socket.writableLength === 0) socket.destroy();
    await Promise.all(closed);
  }

  /** Binds what is not bound yet: at first all that is configured, later what the machine got meanwhile. */
  async #bindAll(): Promise<void> {
    const isFirst = this.#sockets.size === 0;
    const configured = this.#settings.udp.map(({ host }) => host);
    for (const address of this.#settings.udp.flatMap((each) => udpAddresses(each, networkInterfaces()))) {
      const key = `${address.host} ${address.port}`;
      if (this.#sockets.has(key)) continue;
      try {
        this.#sockets.set(key, await this.#listenUdp(address));
      } catch (error) {
        // An address of the machine's own may be about to go or to come; one that was asked for must be there.
        if (isFirst && configured.includes(address.host)) throw error;
      }
    }
  }

  async #listenUdp(address: ListenAddress): Promise<UdpSocket> {
    const socket = await bindUdp(address);
    socket.on('message', (message, from) => this.#datagram(socket, message, from));
    // Such as a client's address that can't be reached.
    socket.on('error', (error) => this.#failed(error));
    return socket;
  }

  async #listenTcp(descriptor: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#connected(socket));
    this.#servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ fd: descriptor }, BACKLOG, () => {
        server.off('error', reject);
        resolve();
      });
    });
    server.on('error', (error) => this.#failed(error));
  }

  #datagram(socket: UdpSocket, message: Buffer, from: RemoteInfo): void {
    // Nobody can be answered there.
    if (from.port === 0) return;
    const response = this.#respond(message, 'udp');
    if (response?.to !== 'query') return;
    const bytes = this.#limitedAnswer(message, response, from.address);
    if (bytes !== undefined) socket.send(bytes, from.port, from.address);
  }

  /** What is sent under the rate limit; undefined for nothing. */
  #limitedAnswer(message: Buffer, { answer, query }: Answered, address: string): Buffer | undefined {
    if (this.#limit === undefined) return answer.bytes;
    // Names that are there are few and each counts for itself; those that are not have no end.
    const isThere = query !== undefined && answer.rcode === RCODE.NOERROR;
    const kind = isThere ? hashOfName(message, query.nameEnd) : 0;
    const verdict = this.#limit.spend(address, kind, performance.now());
    if (verdict === 'send') return answer.bytes;
    add(this.#limited, verdict);
    return verdict === 'slip' && query !== undefined ? truncated(message, query) : undefined;
  }

  #connected(socket: Socket): void {
    const { maxConnections, times } = this.#settings;
    const [idlest] = this.#connections;
    if (idlest !== undefined && this.#connections.size >= maxConnections) idlest.destroy();
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
    socket.on('error', () => {});
    void serveConnection(socket, times.idle, (message) => {
      this.#connections.delete(socket);
      this.#connections.add(socket);
      return this.#messages(message);
    });
  }

  #messages(message: Buffer): Iterable<Buffer> {
    const response = this.#respond(message, 'tcp');
    if (response === undefined || response.to === 'nobody') return [];
    return response.to === 'query' ? [response.answer.bytes] : response.transfer.messages;
  }

  /** Counts it; undefined where it failed, which no query must bring about, and which must not end the process. */
  #respond(message: Buffer, transport: Transport): Response | undefined {
    try {
      const response = respond(this.#authority, message, transport, Date.now());
      if (response.to === 'query') add(this.#answers, `${transport} ${rcodeName(response.answer.rcode)}`);
      if (response.to === 'secondary') add(this.#transfers, response.transfer.kind);
      return response;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error: unknown): void {
    const now = performance.now();
    if (now - this.#told < TELLING) return;
    this.#told = now;
    this.#log.error({ event: 'query_failed', err: error });
  }
}

function add(tally: Record<string, number>, key: string): void {
  tally[key] = (tally[key] ?? 0) + 1;
}
