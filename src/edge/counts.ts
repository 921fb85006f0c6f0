import type { WorkerMetrics } from './messages.ts';

type Tally = Record<string, number>;

/** What a worker counts, in plain numbers: the hot path adds one and no more. */
export class Counts {
  readonly #responses: Tally = {};
  readonly #handshakeFailures: Tally = {};
  #droppedConnections = 0;

  readonly answered = (protocol: string, status: number): void => {
    add(this.#responses, `${protocol} ${status}`);
  };

  readonly handshakeFailed = (reason: string): void => {
    add(this.#handshakeFailures, reason);
  };

  readonly dropped = (): void => {
    this.#droppedConnections += 1;
  };

  read(): Pick<WorkerMetrics, 'responses' | 'handshakeFailures' | 'droppedConnections'> {
    return {
      responses: this.#responses,
      handshakeFailures: this.#handshakeFailures,
      droppedConnections: this.#droppedConnections,
    };
  }
}

function add(tally: Tally, key: string): void {
  tally[key] = (tally[key] ?? 0) + 1;
}
