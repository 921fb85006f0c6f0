import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';

/** Unbound as the recursive resolver of all hosts, with a root server of the test's own. */
export interface Unbound {
  close(): Promise<void>;
}

export interface UnboundOptions {
  readonly address: string;
  /** Address of the server that is authoritative for the root. */
  readonly root: string;
  /** How long an answer may be kept, in seconds; 0 lets each change in DNS be seen at once. */
  readonly cacheSeconds?: number;
}

export async function startUnbound(host: Host, options: UnboundOptions): Promise<Unbound> {
  const folder = await host.folder('unbound');
  const config = join(folder, 'unbound.conf');
  await writeFile(config, configText(folder, options));
  const program = host.spawn('unbound', ['-d', '-c', config]);
  await program.line(/start of service/);
  return { close: () => program.stop() };
}

function configText(folder: string, { address, root, cacheSeconds = 0 }: UnboundOptions): string {
  return `
server:
  interface: ${address}
  access-control: 0.0.0.0/0 allow
  do-daemonize: no
  num-threads: 1
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  log-time-ascii: yes
  module-config: "iterator"
  cache-max-ttl: ${cacheSeconds}
  cache-max-negative-ttl: ${cacheSeconds}
  # A server on a busy machine may be slow to answer: ask again soon and often, as there is no other.
  infra-cache-max-rtt: 500
  outbound-msg-retry: 32
  # Unbound answers for these by itself (RFC 6303, RFC 6761), but here they are real.
  local-zone: "test." nodefault
  local-zone: "10.in-addr.arpa." nodefault
remote-control:
  control-enable: no
stub-zone:
  name: "."
  stub-addr: ${root}
`;
}
