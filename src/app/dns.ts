import type { Logger } from 'pino';
import { bindDns } from '../announce/dns-listeners.ts';
import { DNS_TIMES } from '../announce/dns-messages.ts';
import { DnsProcesses } from '../announce/dns-processes.ts';
import { Notifier } from '../announce/notifier.ts';
import { OwnDns } from '../announce/own-dns.ts';
import { tsigKey } from '../dns/tsig.ts';
import type { ListenAddress } from '../edge/messages.ts';
import { openAnnounced } from '../store/files/announced-file.ts';
import type { Config } from './config.ts';
import type { DnsFacts } from './dns-metrics.ts';

/** Our own DNS server. */
export interface Dns {
  readonly addresses: readonly ListenAddress[];
  /** Announces in our zone, challenges too. */
  readonly own: OwnDns;
  /** Done when one process answers. Fails where none can. */
  readonly listening: Promise<void>;
  /** What is wrong, in words; empty where nothing is. */
  problems(): readonly string[];
  facts(): Promise<DnsFacts>;
  close(): Promise<void>;
}

// So that one answers while the other is replaced; a name takes microseconds to answer.
const PROCESSES = 2;
const MOST_CONNECTIONS = 1_000;

/** Binds at once, and starts what answers; undefined where `listen.dns` is off. */
export async function startDns(config: Config, log: Logger, now: () => number): Promise<Dns | undefined> {
  if (config.listen.dns.length === 0) return undefined;
  const { zone: name, nameservers, ttl, negativeTtl, secondaries, transferKey } = config.dns;
  const listeners = await bindDns(config.listen.dns);
  const key = transferKey && { ...transferKey, secret: transferKey.secret.reveal() };
  const processes = new DnsProcesses({
    count: PROCESSES,
    listeners,
    settings: {
      state: config.store.state,
      zone: { name, nameservers, mailbox: `hostmaster.${config.serviceName}`, ttl, negativeTtl },
      keys: key === undefined ? [] : [key],
      responsesPerSecond: Math.ceil(config.limits.dns_responses / PROCESSES),
      maxConnections: MOST_CONNECTIONS / PROCESSES,
      logLevel: config.log.level,
      times: DNS_TIMES,
    },
    log,
  });
  const notifier =
    key === undefined
      ? undefined
      : new Notifier({
          zone: name,
          secondaries,
          key: tsigKey(key.name, key.algorithm, Buffer.from(key.secret, 'base64')),
          log,
          now,
        });
  const own = new OwnDns({
    zone: name,
    open: () => openAnnounced(config.store.state),
    processes,
    changed: (serial) => notifier?.changed(serial),
    log,
    now,
  });
  void own.start();
  return {
    addresses: listeners.addresses,
    own,
    listening: processes.listening,
    problems: () => [
      ...(processes.ready > 0 ? [] : ['No DNS process answers']),
      ...(own.problem === undefined ? [] : [own.problem]),
      ...(notifier?.problems ?? []),
    ],
    facts: async () => ({
      ...(await processes.metrics()),
      ready: processes.ready,
      restarts: processes.restarts,
      serial: own.serial,
    }),
    close: async () => {
      notifier?.close();
      await own.close();
      await processes.close();
    },
  };
}
