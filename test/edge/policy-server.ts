import { once } from 'node:events';
import http2, { type ClientHttp2Session, type Http2SecureServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import tls, { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import { createPolicyServer, type PolicyHosts } from '../../src/edge/https.ts';
import { EDGE_TIMES, type EdgeTimes } from '../../src/edge/times.ts';
import type { Address } from '../server/request.ts';
import { TestCa } from '../server/test-ca.ts';

export const NAME = 'mta-sts.example.test';
export const TEXT = 'version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n';

/** Milliseconds that let a test of a limit end at once. */
export const SHORT: EdgeTimes = {
  ...EDGE_TIMES,
  handshake: 300,
  headers: 300,
  request: 400,
  keepAlive: 100,
  stalled: 500,
  session: 300,
  checking: 50,
};

const ca = await TestCa.create();
const pem = await ca.issue(NAME);
const context = createSecureContext({ key: pem, cert: pem });

/** The HTTPS listener alone, in this process, with one policy host. */
export class PolicyServer implements PolicyHosts {
  draining = false;
  readonly answers: string[] = [];
  readonly failures: unknown[] = [];
  readonly server: Http2SecureServer;

  constructor(times: EdgeTimes) {
    this.server = createPolicyServer(this, times);
  }

  static async start(t: Test, times: EdgeTimes = EDGE_TIMES): Promise<PolicyServer> {
    const started = new PolicyServer(times);
    const sockets = new Set<Socket>();
    started.server.on('connection', (socket: Socket) => sockets.add(socket));
    started.server.listen(0, '127.0.0.1');
    await once(started.server, 'listening');
    t.teardown(() => {
      for (const socket of sockets) socket.destroy();
      started.server.close();
    });
    return started;
  }

  policy(host: string): Buffer | undefined {
    return host === NAME ? Buffer.from(TEXT) : undefined;
  }

  context(host: string): SecureContext | undefined {
    return host === NAME ? context : undefined;
  }

  answered(protocol: string, status: number): void {
    this.answers.push(`${protocol} ${status}`);
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }

  get address(): Address {
    return { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port };
  }

  /** A connection after its handshake, with all that comes over it. */
  async connect(...protocols: readonly string[]): Promise<Connection> {
    const options = { ...this.address, servername: NAME, ca: ca.root };
    const socket = tls.connect(
      protocols.length > 0 ? { ...options, ALPNProtocols: [...protocols] } : options,
    );
    const connection = new Connection(socket);
    await once(socket, 'secureConnect');
    return connection;
  }

  connect2(options: http2.SecureClientSessionOptions = {}): ClientHttp2Session {
    const { host, port } = this.address;
    const session = http2.connect(`https://${host}:${port}`, { servername: NAME, ca: ca.root, ...options });
    return session.on('error', () => {});
  }
}

/** What a client sees of a connection. */
export class Connection {
  readonly socket: TLSSocket | Socket;
  /** Done when the connection has ended, in whatever way. */
  readonly closed: Promise<unknown>;
  #received = '';

  constructor(socket: TLSSocket | Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.on('data', (part: Buffer) => {
      this.#received += part.toString('latin1');
    });
  }

  get received(): string {
    return this.#received;
  }

  /** Waits until a piece of text came; fails where the connection ends before. */
  async until(text: string): Promise<void> {
    while (!this.#received.includes(text)) {
      if (this.socket.destroyed) throw new Error(`closed before ${text}: ${this.#received}`);
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.closed]);
    }
  }
}

/** A request as a sender makes it over HTTP/1.1. */
export function get(path = '/.well-known/mta-sts.txt', host = NAME): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
}
