import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Host } from '../../peers/host.ts';
import { type Internet, startInternet } from '../../peers/internet.ts';
import { RESOLVER_NUMBER } from '../../peers/network.ts';
import { type Pebble, type PebbleOptions, startPebble } from '../../peers/pebble.ts';
import { Operator, type OperatorOptions } from './operator.ts';
import { Sender } from './sender.ts';

/** All tenants of a test are directly below it, so that each is a registered domain of its own. */
const ZONE = 'test';
const CA_NAME = 'ca.test';
const CA_NUMBER = 10;
const FIRST_EDGE_NUMBER = 20;
const SENDER_NUMBER = 40;
const FIRST_PORT = 14_000;
const MANAGEMENT = 1000;

/** A small internet with CAs, operators of Postseal, and a sender that trusts these CAs alone. */
export class AcmeInternet {
  readonly #internet: Internet;
  readonly #ca: Host;
  readonly sender: Sender;
  #pebbles = 0;
  #edges = 0;

  private constructor(internet: Internet, ca: Host, sender: Sender) {
    this.#internet = internet;
    this.#ca = ca;
    this.sender = sender;
  }

  static async start(t: Test): Promise<AcmeInternet> {
    const internet = await AcmeInternet.open();
    t.teardown(() => internet.close());
    return internet;
  }

  /** For whoever closes it, with more zones for tenants. */
  static async open(...zones: readonly string[]): Promise<AcmeInternet> {
    const internet = await startInternet({ zones: [ZONE, ...zones] });
    const ca = await internet.host('ca', CA_NUMBER);
    await internet.dns.put({ name: CA_NAME, type: 'A', value: ca.address });
    return new AcmeInternet(internet, ca, new Sender(await internet.host('sender', SENDER_NUMBER)));
  }

  close(): Promise<void> {
    return this.#internet.close();
  }

  get dns(): Internet['dns'] {
    return this.#internet.dns;
  }

  /** Starts a CA that looks at names as the real ones do: by DNS, at the ports 80 and 443. */
  async pebble(options: Partial<PebbleOptions> = {}): Promise<Pebble> {
    if (options.name !== undefined) {
      await this.dns.put({ name: options.name, type: 'A', value: this.#ca.address });
    }
    const acme = FIRST_PORT + this.#pebbles;
    this.#pebbles += 1;
    const ports = { acme, management: acme + MANAGEMENT };
    const dns = `10.88.0.${RESOLVER_NUMBER}:53`;
    return startPebble(this.#ca, { dns, name: CA_NAME, ports, retryAfter: 0, ...options });
  }

  /** A host for a Postseal. */
  edge(): Promise<Host> {
    const number = FIRST_EDGE_NUMBER + this.#edges;
    this.#edges += 1;
    return this.#internet.host(`edge${number}`, number);
  }

  /** Path of a file on a host with the root (PEM) that a CA's own HTTPS is under. */
  async caFile(host: Host, { directory, apiRoot }: Pebble): Promise<string> {
    const file = join(await host.folder('ca'), `${new URL(directory).port}.pem`);
    await writeFile(file, apiRoot);
    return file;
  }

  /** Starts a Postseal that orders at a CA, on a host of its own. */
  async operator(
    pebble: Pebble,
    { host: given, ...options }: OperatorOptions & { readonly host?: Host } = {},
  ): Promise<Operator> {
    const host = given ?? (await this.edge());
    const serviceName = `sts.${host.name}.${ZONE}`;
    await this.dns.put({ name: serviceName, type: 'A', value: host.address });
    const caFile = await this.caFile(host, pebble);
    const operator = new Operator({ host, dns: this.dns, serviceName, pebble, caFile });
    await operator.start(options);
    return operator;
  }
}
