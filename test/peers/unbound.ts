import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';

/** Unbound as the recursive resolver of all hosts, with a root server of the test's own. */
export interface Unbound {
  /** Loses all that it keeps, as if its time had come. */
  forget(): Promise<void>;
  /** Answers nobody, until it is let go on. */
  pause(): void;
  goOn(): void;
  /** What it logged. */
  readonly lines: readonly string[];
  close(): Promise<void>;
}

export interface UnboundOptions {
  readonly address: string;
  /** Address of the server that is authoritative for the root. */
  readonly root: string;
  /** How long an answer may be kept, in seconds; 0 lets each change in DNS be seen at once. */
  readonly cacheSeconds?: number;
  /** The key of the root as a record: then it validates, and is as strict with servers as it can be. */
  readonly anchor?: string;
}

export async function startUnbound(host: Host, options: UnboundOptions): Promise<Unbound> {
  const folder = await host.folder('unbound');
  const config = join(folder, 'unbound.conf');
  await writeFile(config, configText(folder, options));
  const program = host.spawn('unbound', ['-d', '-c', config]);
  await program.line(/start of service/);
  return {
    lines: program.lines,
    forget: async () => {
      const from = program.lines.length;
      program.kill('SIGHUP');
      await program.line(/start of service/, from);
    },
    pause: () => program.kill('SIGSTOP'),
    goOn: () => program.kill('SIGCONT'),
    close: () => program.stop(),
  };
}

// Names in random letter case (0x20), and no more of a name shown to a server than it has to know (RFC 9156).
const STRICT = `
  use-caps-for-id: yes
  qname-minimisation: yes
  qname-minimisation-strict: yes
  harden-below-nxdomain: yes
  harden-referral-path: yes
  verbosity: 2`;

function configText(folder: string, options: UnboundOptions): string {
  const { address, root, cacheSeconds = 0, anchor } = options;
  const modules = anchor === undefined ? 'iterator' : 'validator iterator';
  const strict = anchor === undefined ? '' : `${STRICT}\n  trust-anchor: "${anchor}"`;
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
  module-config: "${modules}"${strict}
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
