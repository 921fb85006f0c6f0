import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import t from 'tap';
import { fetchPlain, fetchPolicy } from './request.ts';
import { Home, MAIN, Server } from './server.ts';

t.jobs = 2;

for (const listener of ['HTTPS', 'HTTP', 'METRICS', 'ADMIN']) {
  t.test(`a taken port ends the start with a clear error: ${listener}`, async (t) => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const home = new Home();
    t.teardown(() => {
      taken.close();
      home.remove();
    });
    const env = home.environment({ [`POSTSEAL_LISTEN_${listener}`]: `127.0.0.1:${port}` });
    const program = spawn(process.execPath, [MAIN, 'serve'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let printed = '';
    program.stderr.on('data', (part) => {
      printed += part;
    });
    const [code] = await once(program, 'close');
    t.equal(code, 4);
    t.match(printed, `postseal: Can't listen on 127.0.0.1:${port} (EADDRINUSE)\n  Choose another address`);
    t.notMatch(printed, /\n +at /, 'no stack');
  });
}

t.test('several addresses are served', async (t) => {
  const home = new Home();
  home.write('example.test', { mode: 'none', max_age: 86400 });
  const server = await Server.start(home, {
    POSTSEAL_LISTEN_HTTPS: '127.0.0.1:0, [::1]:0',
    POSTSEAL_LISTEN_HTTP: 'off',
    POSTSEAL_LISTEN_METRICS: 'localhost:0, 127.0.0.1:0',
  });
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const { https, http, metrics } = server.listening;
  t.match([https.length, http.length, metrics.length], [2, 0, 2]);
  const request = { name: 'mta-sts.example.test', root: home.root };
  for (const address of https) t.equal((await fetchPolicy(address, request)).status, 200);
  for (const address of metrics) t.equal((await fetchPlain(address, '/livez')).status, 200);
});
