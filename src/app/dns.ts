import type { Logger } from 'pino';
import { bindDns } from '../announce/dns-listeners.ts';
import { DNS_TIMES } from '../announce/dns-messages.ts';
import { DnsProcesses } from '../announce/dns-processes.ts';
import { Notifier } from '../announce/notifier.ts';
import { OwnDns } from '../announce/own-dns.ts';
import { bringInOrder } from '../announce/zone-start.ts';
import { tsigKey } from '../dns/tsig.ts';
import type { ZoneFacts } from '../dns/zone.ts';
import type { ListenAddress } from '../edge/messages.ts';
import { openAnnounced } from '../store/files/announced-file.ts';
import type { Config } from './config/config.ts';
import type { DnsFacts } from './operations/dns-metrics.ts';

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

/** The zone's serial, once it is in order; undefined where it can't be brought there now, and answers as it is. */
function orderedZone(state: string, zone: ZoneFacts, log: Logger, now: () => number): number | undefined {
  try {
    const store = openAnnounced(state);
    try {
      return bringInOrder(store, zone, now());
    } finally {
      store.close();
    }
  } catch (error) {
    log.error({ event: 'zone_not_in_order', err: error });
    return undefined;
  }
}

/** Binds at once, and starts what answers; undefined where `listen.dns` is off. */
export async function startDns(config: Config, log: Logger, now: () => number): Promise<Dns | undefined> {
  if (config.listen.dns.length === 0) return undefined;
  const { zone: name, nameservers, ttl, negativeTtl, secondaries, transferKey } = config.dns;
  const listeners = await bindDns(config.listen.dns);
  const zone = { name, nameservers, mailbox: `hostmaster.${config.serviceName}`, ttl, negativeTtl };
  const serial = orderedZone(config.store.state, zone, log, now);
  const key = transferKey && { ...transferKey, secret: transferKey.secret.reveal() };
  const processes = new DnsProcesses({
    count: PROCESSES,
    listeners,
    settings: {
      state: config.store.state,
      zone,
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
    serial,
    changed: (serial) => notifier?.changed(serial),
    log,
    now,
  });
  // Changes made while nobody told of them.
  const told = processes.listening.then(() => serial !== undefined && notifier?.changed(serial));
  told.catch(() => {});
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
