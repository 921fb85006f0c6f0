import { existsSync, readdirSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host } from './host.ts';
import { ip, NETNS_ETC, namespacesOf, removeNamespaces } from './namespace.ts';

/** The last number of the address where every host looks for its DNS resolver. */
export const RESOLVER_NUMBER = 53;

const NSSWITCH = 'passwd: files\ngroup: files\nhosts: files dns\n';
const HOSTS = '127.0.0.1 localhost\n::1 localhost\n';
// tap ends a test that takes too long by SIGALRM.
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGALRM'] as const;

/** What the names of all namespaces and folders begin with; the process id of their owner follows. */
const NETWORKS = 'postseal-net';

let networksOfThisProcess = 0;

/**
 * A small internet of its own: hosts in network namespaces, on one bridge that stands in a namespace too, so
 * that the machine's own network is never touched. Host number n has 10.88.0.n and fd00:88::n. Everything that
 * was started in it ends with it, also when the test fails or is interrupted.
 */
export class Network {
  /** Where the hosts keep their files; every user of the machine may enter it. */
  readonly folder: string;
  readonly #prefix: string;
  readonly #switch: string;
  readonly #hosts: Host[] = [];
  readonly #onExit = () => this.#demolish();
  readonly #onSignal = (signal: NodeJS.Signals) => {
    this.#demolish();
    process.kill(process.pid, signal);
  };

  private constructor(prefix: string, folder: string) {
    this.#prefix = prefix;
    this.#switch = `${prefix}-switch`;
    this.folder = folder;
    process.once('exit', this.#onExit);
    for (const signal of SIGNALS) process.once(signal, this.#onSignal);
  }

  static async start(): Promise<Network> {
    if (process.getuid?.() !== 0) {
      throw new Error('this test makes network namespaces, which only root may: run `sudo npm test`');
    }
    sweepAbandoned();
    networksOfThisProcess += 1;
    const prefix = `${NETWORKS}-${process.pid}-${networksOfThisProcess}`;
    const folder = await mkdtemp(join(tmpdir(), `${prefix}-`));
    await chmod(folder, 0o755);
    const network = new Network(prefix, folder);
    await network.#layBridge().catch(async (error: unknown) => {
      await network.close();
      throw error;
    });
    return network;
  }

  /** Plugs in a host. It has one address of each family per number (1 to 254), and needs one at least. */
  async host(name: string, ...numbers: readonly number[]): Promise<Host> {
    const namespace = `${this.#prefix}-${name}`;
    const folder = join(this.folder, name);
    const host = new Host(name, namespace, folder, numbers);
    this.#hosts.push(host);
    await mkdir(folder, { mode: 0o755 });
    await this.#writeEtc(namespace);
    await ip([`netns add ${namespace}`]);
    const plug = `port${numbers[0]}`;
    await ip([`link add eth0 netns ${namespace} type veth peer name ${plug} netns ${this.#switch}`]);
    await ip([`link set ${plug} master br0 up`], this.#switch);
    const addresses = numbers.flatMap((number) => [
      `addr add 10.88.0.${number}/24 dev eth0`,
      `addr add fd00:88::${number}/64 dev eth0 nodad`,
    ]);
    await ip(['link set lo up', ...addresses, 'link set eth0 up'], namespace);
    return host;
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.close()));
    this.#demolish();
    process.off('exit', this.#onExit);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  async #layBridge(): Promise<void> {
    await ip([`netns add ${this.#switch}`]);
    await ip(['link set lo up', 'link add br0 type bridge', 'link set br0 up'], this.#switch);
  }

  /** `ip netns exec` lays these files over those of /etc for each program that it starts. */
  async #writeEtc(namespace: string): Promise<void> {
    const etc = join(NETNS_ETC, namespace);
    await mkdir(etc, { recursive: true });
    await writeFile(join(etc, 'resolv.conf'), `nameserver 10.88.0.${RESOLVER_NUMBER}\n`);
    await writeFile(join(etc, 'hosts'), HOSTS);
    await writeFile(join(etc, 'nsswitch.conf'), NSSWITCH);
  }

  /** Without waiting for anything, so that it can be the last thing that a process does. */
  #demolish(): void {
    for (const host of this.#hosts) host.kill();
    removeNamespaces(namespacesOf(this.#prefix));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Removes what a test process that was killed could not: all whose owner, by its process id, is gone. */
function sweepAbandoned(): void {
  const isAbandoned = (name: string) => !existsSync(`/proc/${name.slice(NETWORKS.length + 1).split('-')[0]}`);
  removeNamespaces(namespacesOf(NETWORKS).filter(isAbandoned));
  for (const name of readdirSync(tmpdir())) {
    if (!name.startsWith(`${NETWORKS}-`) || !isAbandoned(name)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
