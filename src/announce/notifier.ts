import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isNotifyAnswer, notifyMessage } from '../dns/notify.ts';
import { NO_SERIAL } from '../dns/serial.ts';
import { signRequest, type TsigKey, verifyResponse } from '../dns/tsig.ts';
import type { ListenAddress } from '../edge/messages.ts';

export interface NotifierOptions {
  readonly zone: string;
  readonly secondaries: readonly ListenAddress[];
  readonly key: TsigKey;
  readonly log: Logger;
  now(): number;
  /** How long an answer is waited for, in milliseconds, each time. */
  readonly waits?: readonly number[];
}

// RFC 1996 section 3.6: sent again while there is no answer, less and less often. Then the secondary's own looks have
// to do until the next change.
const WAITS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000];

// Changes that come together are told of once, in milliseconds.
const QUIET = 100;

const MOST_ID = 2 ** 16;

/** Tells secondaries that the zone has changed (RFC 1996), so that they come for it at once. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #ending = new AbortController();
  readonly #silent = new Map<string, number>();
  #round = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #serial = NO_SERIAL;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** The addresses that did not answer the last time, in words; empty where all did. */
  get problems(): readonly string[] {
    return [...this.#silent].map(
      ([address, serial]) => `The secondary ${address} did not answer that the zone has serial ${serial}`,
    );
  }

  changed(serial: number): void {
    this.#serial = serial;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#begin(this.#serial);
    }, QUIET);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
    this.#round.abort();
  }

  /** What was not answered yet is told by the new round. */
  #begin(serial: number): void {
    if (this.#ending.signal.aborted) return;
    this.#round.abort();
    this.#round = new AbortController();
    for (const secondary of this.#options.secondaries) void this.#tell(secondary, serial, this.#round.signal);
  }

  async #tell(secondary: ListenAddress, serial: number, signal: AbortSignal): Promise<void> {
    const { log, waits = WAITS } = this.#options;
    const address = `${secondary.host} port ${secondary.port}`;
    const socket = createSocket(isIPv6(secondary.host) ? 'udp6' : 'udp4');
    // Nobody listens there, or no route leads there: it is sent again all the same.
    socket.on('error', () => {});
    const answered = new AbortController();
    const waiting = AbortSignal.any([signal, answered.signal]);
    try {
      for (const wait of waits) {
        this.#send(socket, secondary, answered);
        await sleep(wait, undefined, { signal: waiting }).catch(() => {});
        if (waiting.aborted) break;
      }
    } finally {
      socket.removeAllListeners('message');
      socket.close();
    }
    if (answered.signal.aborted) this.#silent.delete(address);
    else if (!signal.aborted) {
      this.#silent.set(address, serial);
      log.error({ event: 'secondary_silent', address, serial });
    }
  }

  #send(socket: Socket, { host, port }: ListenAddress, answered: AbortController): void {
    const { zone, key, now } = this.#options;
    const id = randomInt(MOST_ID);
    const { message, mac } = signRequest(notifyMessage(zone, id), key, now());
    socket.on('message', (answer) => {
      const isSigned = verifyResponse(answer, key, mac, now()).verdict === 'good';
      if (isSigned && isNotifyAnswer(answer, id)) answered.abort();
    });
    socket.send(message, port, host, () => {});
  }
}
