import type { WorkerMetrics } from './messages.ts';
import { addTallies, type Sum } from './totals.ts';

const HELD_NOTHING = { connections: 0, cachedCertificates: 0, policies: 0 };

/** What several workers counted and hold. */
export const WORKER_SUM: Sum<WorkerMetrics> = {
  nothing: { responses: {}, handshakeFailures: {}, droppedConnections: 0, ...HELD_NOTHING },
  add: (left, right) => ({
    responses: addTallies(left.responses, right.responses),
    handshakeFailures: addTallies(left.handshakeFailures, right.handshakeFailures),
    droppedConnections: left.droppedConnections + right.droppedConnections,
    connections: left.connections + right.connections,
    cachedCertificates: left.cachedCertificates + right.cachedCertificates,
    policies: left.policies + right.policies,
  }),
  ended: (last) => ({ ...last, ...HELD_NOTHING }),
};
