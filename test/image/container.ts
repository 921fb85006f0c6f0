import { type Compose, readCompose } from './compose.ts';
import { podman } from './engine.ts';
import { run } from './run.ts';

const START_SECONDS = 20;
const STOP_SECONDS = 10;

/** What a container is started with. */
export interface ContainerOptions {
  readonly image: string;
  readonly serviceName: string;
  /** By the folder in the container: a folder of this machine (absolute path) or the name of a volume. */
  readonly volumes: Readonly<Record<string, string>>;
}

/** A container of the image that serves, restricted as docker-compose.yml says, in a network that holds nothing else. */
export class Container {
  readonly name: string;
  readonly #pid: number;

  private constructor(name: string, pid: number) {
    this.name = name;
    this.#pid = pid;
  }

  /** Starts it, in place of any other one of this name, and waits until it says that it is ready. */
  static async start(name: string, options: ContainerOptions): Promise<Container> {
    const { postseal } = (await readCompose()).services;
    const volumes = Object.entries(options.volumes).flatMap(([to, from]) => ['--volume', `${from}:${to}`]);
    const env = ['--env', `POSTSEAL_SERVICE_NAME=${options.serviceName}`];
    // Where the tests run inside a container themselves, podman's own limits may be above what it may set.
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'];
    const flags = [...restrictions(postseal), ...volumes, ...env, ...limits, '--network', 'none'];
    await podman('run', '--detach', '--replace', '--name', name, ...flags, options.image);
    const pid = Number(await podman('inspect', '--format', '{{.State.Pid}}', name));
    const container = new Container(name, pid);
    await container.#ready();
    return container;
  }

  /** Fetches a URL from within the container's network with curl, and gives the body. Throws unless the status is 2xx. */
  async fetch(url: string, ...options: readonly string[]): Promise<string> {
    const curl = ['curl', '--silent', '--show-error', '--fail', '--max-time', '5', ...options, url];
    return run('nsenter', ['--net', '--target', String(this.#pid), ...curl]);
  }

  /** Runs a command in the container and gives its output. Throws if it fails. */
  exec(...command: readonly string[]): Promise<string> {
    return podman('exec', this.name, ...command);
  }

  /** Runs the image's HEALTHCHECK once. Throws unless it says healthy. */
  async checkHealth(): Promise<void> {
    await podman('healthcheck', 'run', this.name);
  }

  /** Asks it to end by the image's stop signal, kills it where that takes too long, and gives its exit code. */
  async stop(): Promise<number> {
    await podman('stop', '--time', String(STOP_SECONDS), this.name);
    return Number(await podman('inspect', '--format', '{{.State.ExitCode}}', this.name));
  }

  async #ready(): Promise<void> {
    const retry = ['--retry', String(START_SECONDS), '--retry-delay', '1', '--retry-all-errors'];
    try {
      await this.fetch('http://127.0.0.1:9464/readyz', ...retry);
    } catch (cause) {
      throw new Error(`not ready; its log:\n${await podman('logs', this.name)}`, { cause });
    }
  }
}

function restrictions(service: Compose['services']['postseal']): string[] {
  const readOnly = service.read_only ? ['--read-only', '--read-only-tmpfs=false'] : [];
  const drops = service.cap_drop.flatMap((capability) => ['--cap-drop', capability]);
  const security = service.security_opt.flatMap((option) => ['--security-opt', option.replace(':', '=')]);
  return [...readOnly, ...drops, ...security];
}
