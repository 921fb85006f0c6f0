import t from 'tap';
import { fetchPlain, fetchPolicy, fetchPolicy2 } from './request.ts';
import { Home, Server } from './server.ts';

t.test('a document becomes a policy over verified HTTPS, by HTTP/1.1 and HTTP/2', async (t) => {
  const home = new Home();
  home.write('example.test', {
    mode: 'enforce',
    max_age: 604800,
    mx: ['mail.example.test', '*.mx.example.test'],
  });
  const server = await Server.start(home);
  t.teardown(() => server.stop('SIGKILL').then(() => home.remove()));
  const text =
    'version: STSv1\r\nmode: enforce\r\nmx: mail.example.test\r\nmx: *.mx.example.test\r\nmax_age: 604800\r\n';
  for (const fetch of [fetchPolicy, fetchPolicy2]) {
    const answer = await fetch(server.https, { name: 'mta-sts.example.test', root: home.root });
    t.match(answer, { status: 200, body: text });
    t.equal(answer.headers['content-type'], 'text/plain; charset=utf-8');
    t.equal(answer.headers['content-length'], String(text.length));
  }
  const health = await fetchPlain(server.metrics, '/readyz');
  t.match(JSON.parse(health.body), { status: 'ready', tenants: 1, flawed_documents: 0 });
  t.equal(await server.stop(), 0, 'SIGTERM ends it in good order');
});
