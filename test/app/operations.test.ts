import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import t from 'tap';
import { createOperationsServer } from '../../src/app/operations/operations.ts';
import { fetchPlain } from '../server/request.ts';

t.test('what fails is told and logged, and ends nothing', async (t) => {
  const lines: { event: string }[] = [];
  const broken = () => {
    throw new Error('the disk is gone');
  };
  const server = createOperationsServer({
    metrics: { read: async () => broken(), contentType: 'text/plain' },
    health: broken,
    log: pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  for (const path of ['/readyz', '/metrics']) {
    t.match(await fetchPlain(address, path), { status: 500, body: 'Internal error: the log says more\n' });
  }
  t.match(lines, [{ event: 'operations_failed' }, { event: 'operations_failed' }]);
  t.equal((await fetchPlain(address, '/livez')).status, 200);
});
