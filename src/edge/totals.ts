import type { WorkerMetrics } from './messages.ts';

/** What all workers counted, those that ended included: a sum never falls. */
export class Totals<Worker> {
  readonly #last = new Map<Worker, WorkerMetrics>();
  #ended: WorkerMetrics = {
    responses: {},
    handshakeFailures: {},
    droppedConnections: 0,
    connections: 0,
    cachedCertificates: 0,
    policies: 0,
  };

  /** Keeps a living worker's counts in place of those it told before. */
  see(worker: Worker, metrics: WorkerMetrics): void {
    this.#last.set(worker, metrics);
  }

  /** What an ended worker counted stays; what it held is gone. */
  end(worker: Worker): void {
    const last = this.#last.get(worker);
    if (last === undefined) return;
    this.#last.delete(worker);
    this.#ended = add(this.#ended, { ...last, connections: 0, cachedCertificates: 0, policies: 0 });
  }

  read(): WorkerMetrics {
    return [...this.#last.values()].reduce(add, this.#ended);
  }
}

function add(left: WorkerMetrics, right: WorkerMetrics): WorkerMetrics {
  return {
    responses: addTallies(left.responses, right.responses),
    handshakeFailures: addTallies(left.handshakeFailures, right.handshakeFailures),
    droppedConnections: left.droppedConnections + right.droppedConnections,
    connections: left.connections + right.connections,
    cachedCertificates: left.cachedCertificates + right.cachedCertificates,
    policies: left.policies + right.policies,
  };
}

type Tally = Readonly<Record<string, number>>;

function addTallies(left: Tally, right: Tally): Tally {
  const sum: Record<string, number> = { ...left };
  for (const [key, count] of Object.entries(right)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}
