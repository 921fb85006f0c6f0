import { randomInt } from 'node:crypto';
import pino, { type Logger } from 'pino';
import { isNewer } from '../dns/serial.ts';
import { tsigKey } from '../dns/tsig.ts';
import { Zone } from '../dns/zone.ts';
import { readAnnounced } from '../store/files/announced-file.ts';
import type { DnsSettings, FromDns, ToDns } from './dns-messages.ts';
import { DnsServer } from './dns-server.ts';

const MOST_SEED = 2 ** 32;

/** One DNS process: answers from its copy of the zone until the primary says otherwise, or is gone. */
class DnsProcess {
  readonly #zone: Zone;
  readonly #server: DnsServer;
  readonly #settings: DnsSettings;
  readonly #begun: Promise<void>;
  #draining = false;

  constructor(settings: DnsSettings, log: Logger) {
    this.#settings = settings;
    // Nothing is answered before all is there: a name that is not read yet would be denied.
    this.#zone = loadZone(settings);
    const keys = settings.keys.map(({ name, algorithm, secret }) =>
      tsigKey(name, algorithm, Buffer.from(secret, 'base64')),
    );
    this.#server = new DnsServer({ zone: this.#zone, keys }, settings, log, randomInt(MOST_SEED));
    this.#begun = this.#server.listen();
  }

  async begin(): Promise<void> {
    await this.#begun;
    send({ kind: 'listening' });
    send({ kind: 'loaded' });
  }

  async receive(message: ToDns): Promise<void> {
    switch (message.kind) {
      case 'apply':
        // What was told on the way here may have been read from the state file already.
        if (isNewer(message.change.serial, this.#zone.serial)) this.#zone.apply(message.change);
        await this.#begun;
        send({ kind: 'applied', pass: message.pass });
        break;
      case 'metrics':
        send({ kind: 'metrics', request: message.request, metrics: this.#server.metrics() });
        break;
      case 'drain':
        this.drain();
    }
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    setTimeout(() => process.exit(0), this.#settings.times.drain);
    void this.#begun
      .catch(() => {})
      .then(() => this.#server.drain())
      .then(() => process.exit(0));
  }
}

/** In one go: nobody is answered meanwhile, and the primary's messages wait. */
function loadZone({ state, zone: facts }: DnsSettings): Zone {
  const store = readAnnounced(state);
  try {
    const zone = new Zone(facts);
    zone.serial = store.read((set) => zone.load(set));
    return zone;
  } finally {
    store.close();
  }
}

function send(message: FromDns): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

let begun: DnsProcess | undefined;
let log = pino(pino.destination(2));

function failed(error: NodeJS.ErrnoException): void {
  log.error({ event: 'dns_process_failed', err: error });
  send({ kind: 'failed', code: error.code ?? error.name });
}

process.on('message', (message: ToDns) => {
  if (message.kind !== 'begin') {
    void begun?.receive(message).catch(failed);
    return;
  }
  log = pino({ level: message.settings.logLevel }, pino.destination(2));
  try {
    begun = new DnsProcess(message.settings, log);
    void begun.begin().catch(failed);
  } catch (error) {
    failed(error as NodeJS.ErrnoException);
  }
});
process.on('disconnect', () => (begun === undefined ? process.exit(0) : begun.drain()));
// A terminal or a service manager signals the whole group; the primary alone decides when this process ends.
process.on('SIGTERM', () => {});
process.on('SIGINT', () => {});
process.on('uncaughtException', (error) => {
  log.fatal({ event: 'dns_process_crashed', err: error });
  process.exit(1);
});
