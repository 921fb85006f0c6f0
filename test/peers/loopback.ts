import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Host } from './host.ts';

export interface Loopback {
  readonly host: Host;
  close(): Promise<void>;
}

/** The machine itself as a host, for programs on 127.0.0.1 that the test process talks to. */
export async function startLoopback(): Promise<Loopback> {
  const folder = await mkdtemp(join(tmpdir(), 'postseal-'));
  await chmod(folder, 0o755);
  const host = new Host({ name: 'loopback', enter: [], folder, ipv4: ['127.0.0.1'], ipv6: ['::1'] });
  const onExit = () => host.kill();
  process.once('exit', onExit);
  return {
    host,
    close: async () => {
      await host.close();
      process.off('exit', onExit);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A TCP port of 127.0.0.1 that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
