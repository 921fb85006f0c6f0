import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';
import { startPostfix } from './postfix.ts';

/** How the first attempt to deliver a mail ended. */
export interface Delivery {
  readonly status: 'sent' | 'deferred' | 'bounced';
  /** Enhanced status code (RFC 3463), such as `4.7.5`. */
  readonly dsn: string;
  readonly reason: string;
  /** How far the MX host was authenticated (smtp_tls_loglevel in postconf(5)), or undefined without TLS. */
  readonly tls: string | undefined;
}

/** A mail server that sends: Postfix that asks an MTA-STS resolver for each domain's TLS policy. */
export interface Sender {
  /** Hands in a mail for an address that no mail was handed in for before. */
  deliver(recipient: string): Promise<Delivery>;
  close(): Promise<void>;
}

export interface SenderOptions {
  /** Value of `smtp_tls_policy_maps`. */
  readonly policyMap: string;
  /** PEM of the roots that MX hosts' certificates are verified with. */
  readonly trustedRoots: string;
}

const OUTCOME = /(?<process>smtp\[\d+\]): .* dsn=(?<dsn>[\d.]+), status=(?<status>\w+) \((?<reason>.*)\)$/;
const TLS = /: (?<level>\w+) TLS connection established to /;

export async function startSender(host: Host, { policyMap, trustedRoots }: SenderOptions): Promise<Sender> {
  const roots = join(await host.folder('sender-roots'), 'roots.pem');
  await writeFile(roots, trustedRoots);
  const { program, log, configFolder } = await startPostfix(host, 'sender', {
    inet_interfaces: 'loopback-only',
    inet_protocols: 'all',
    smtp_tls_security_level: 'may',
    smtp_tls_CAfile: roots,
    smtp_tls_policy_maps: policyMap,
    smtp_tls_loglevel: '1',
    // Each mail makes a connection of its own, so that its log tells the whole story.
    smtp_connection_cache_on_demand: 'no',
  });
  return {
    deliver: async (recipient) => {
      const mail = `From: <probe@sender.test>\nTo: <${recipient}>\nSubject: probe\n\nprobe\n`;
      const sendmail = ['-C', configFolder, '-f', 'probe@sender.test', recipient];
      await host.run('sendmail', sendmail, { input: mail });
      return await program.until(`the delivery to ${recipient}`, async () =>
        readDelivery(await log(), recipient),
      );
    },
    close: () => program.stop(),
  };
}

function readDelivery(log: readonly string[], recipient: string): Delivery | undefined {
  const index = log.findIndex((line) => line.includes(` to=<${recipient}>`) && OUTCOME.test(line));
  const groups = log[index]?.match(OUTCOME)?.groups;
  if (groups === undefined) return undefined;
  const { process = '', dsn = '', reason = '', status } = groups;
  // One smtp process has one mail at a time: what it wrote since its last outcome belongs to this mail.
  const ofProcess = log.slice(0, index).filter((line) => line.includes(process));
  const before = ofProcess.slice(ofProcess.findLastIndex((line) => OUTCOME.test(line)) + 1);
  const tls = before.findLast((line) => TLS.test(line))?.match(TLS)?.groups?.level;
  return { status: status as Delivery['status'], dsn, reason, tls };
}
