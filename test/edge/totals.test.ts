import t from 'tap';
import type { WorkerMetrics } from '../../src/edge/messages.ts';
import { Totals } from '../../src/edge/totals.ts';
import { WORKER_SUM } from '../../src/edge/worker-sum.ts';

function metrics(answers: number, others: Partial<WorkerMetrics> = {}): WorkerMetrics {
  return {
    responses: { '1.1 200': answers },
    handshakeFailures: {},
    droppedConnections: 0,
    connections: 1,
    cachedCertificates: 2,
    policies: 3,
    ...others,
  };
}

t.test('adds up what workers tell, each by its newest word', async (t) => {
  const totals = new Totals<string, WorkerMetrics>(WORKER_SUM);
  totals.see('a', metrics(5));
  totals.see('b', metrics(7, { handshakeFailures: { closed: 1 }, droppedConnections: 4 }));
  totals.see('a', metrics(6, { handshakeFailures: { closed: 2, timeout: 1 } }));
  t.strictSame(totals.read(), {
    responses: { '1.1 200': 13 },
    handshakeFailures: { closed: 3, timeout: 1 },
    droppedConnections: 4,
    connections: 2,
    cachedCertificates: 4,
    policies: 6,
  });
});

t.test('what an ended worker counted stays, and what it held is gone', async (t) => {
  const totals = new Totals<string, WorkerMetrics>(WORKER_SUM);
  totals.see('a', metrics(5));
  totals.see('b', metrics(7));
  totals.end('a');
  totals.end('a');
  t.match(totals.read(), { responses: { '1.1 200': 12 }, connections: 1, cachedCertificates: 2 });
  totals.end('never seen');
  totals.see('c', metrics(1));
  t.match(totals.read(), { responses: { '1.1 200': 13 }, connections: 2 });
});
