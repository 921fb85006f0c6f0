import t from 'tap';
import { handshake } from './handshake.ts';
import { fetchPlain, fetchPolicy } from './request.ts';
import { Home, Server } from './server.ts';
import { TestCa } from './test-ca.ts';

const home = new Home();
const ca = await TestCa.create();
const policy = { mode: 'testing', max_age: 604800, mx: ['mail.example.test'] };
for (const domain of ['ec.test', 'rsa.test', 'wild.test', 'bare.test', 'broken.test'])
  home.write(domain, policy);
const [ec, rsa, wild] = ['mta-sts.ec.test', 'mta-sts.rsa.test', 'mta-sts.wild.test'] as const;
home.writeCertificate(ec, await ca.issue(ec));
home.writeCertificate(rsa, await ca.issue(rsa, { key: 'rsa' }));
home.writeCertificate(wild, await ca.issue(wild, { names: ['*.wild.test'] }));
home.writeCertificate('mta-sts.broken.test', 'no certificate');
// Two certificates fit into memory, of three that are asked for.
const settings = { POSTSEAL_LOCAL_CA: 'false', POSTSEAL_WORKERS: '1', POSTSEAL_LIMITS_CERTIFICATES: '2' };
const server = await Server.start(home, settings);
t.teardown(async () => {
  await server.stop('SIGKILL');
  home.remove();
});

t.test('TLS 1.2 and 1.3 are spoken, older ones are not', async (t) => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const found = await handshake(server.https, { servername: ec, minVersion: version, maxVersion: version });
    t.match(found, { done: true, protocol: version });
  }
  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    const found = await handshake(server.https, { servername: ec, ...old });
    t.match(found, { done: false, code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  }
});

t.test('each name gets its own certificate, whatever its key type and letter case', async (t) => {
  for (let turn = 0; turn < 3; turn += 1) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      t.match(await handshake(server.https, { servername: ec, maxVersion }), {
        names: `DNS:${ec}`,
        key: 'prime256v1',
      });
      t.match(await handshake(server.https, { servername: 'MTA-STS.Rsa.Test', maxVersion }), {
        names: `DNS:${rsa}`,
        key: 'RSA 2048',
      });
      t.match(await handshake(server.https, { servername: wild, maxVersion }), { names: 'DNS:*.wild.test' });
    }
  }
  const metrics = await fetchPlain(server.metrics, '/metrics');
  t.match(metrics.body, /^postseal_certificates_cached 2$/m, 'the cache is bounded');
});

t.test('without a certificate for the name the handshake ends with an alert', async (t) => {
  const names = {
    'no name': {},
    'an unknown name': { servername: 'mta-sts.unknown.test' },
    'the policy domain itself': { servername: 'ec.test' },
    'a name below a policy host': { servername: `x.${ec}` },
    'a tenant without certificate': { servername: 'mta-sts.bare.test' },
    'a tenant with a broken certificate': { servername: 'mta-sts.broken.test' },
    'another name that a wildcard certificate would fit': { servername: 'www.wild.test' },
    'a name that is none': { servername: '../mta-sts.ec.test' },
    'a long name': { servername: `mta-sts.${'a.'.repeat(120)}test` },
  };
  for (const [what, options] of Object.entries(names)) {
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const found = await handshake(server.https, { ...options, maxVersion });
      t.match(
        found,
        { done: false, code: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE' },
        `${what}, ${maxVersion}`,
      );
    }
  }
  t.match(server.logged('certificate_flawed'), [{ host: 'mta-sts.broken.test' }], 'the flaw is told once');
});

t.test('HTTP/2 is chosen where offered, HTTP/1.1 otherwise, and nothing else is spoken', async (t) => {
  const chosen = async (...ALPNProtocols: string[]) => {
    const found = await handshake(server.https, { servername: ec, ALPNProtocols });
    return found.done ? found.alpn : found.code;
  };
  t.equal(await chosen('h2', 'http/1.1'), 'h2');
  t.equal(await chosen('http/1.1', 'h2'), 'h2');
  t.equal(await chosen('http/1.1'), 'http/1.1');
  t.equal(await chosen('spdy/3', 'http/1.1'), 'http/1.1');
  t.equal(await chosen('acme-tls/1'), 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
  t.match(await handshake(server.https, { servername: ec }), { done: true, alpn: false });
});

t.test('no session tickets are made', async (t) => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const options = { servername: ec, minVersion: version, maxVersion: version } as const;
    const found = await handshake(server.https, options);
    // TLS 1.2 counts a session of its own, to be resumed by its id alone.
    t.match(found, { done: true, sessions: version === 'TLSv1.3' ? 0 : 1 });
  }
});

t.test('the chain leads to the root with the intermediate that lies in the file', async (t) => {
  for (const name of [ec, rsa, wild]) {
    t.equal((await fetchPolicy(server.https, { name, root: ca.root })).status, 200);
  }
  await t.rejects(fetchPolicy(server.https, { name: ec, root: ca.intermediate }));
});

t.test('failed handshakes are counted by a few reasons', async (t) => {
  const { body } = await fetchPlain(server.metrics, '/metrics');
  const reasons = [...body.matchAll(/^postseal_tls_handshake_failures_total\{reason="([^"]+)"\} [1-9]/gm)];
  const found = reasons.map(([, reason = '']) => reason);
  t.match(new Set(found), new Set(['application_protocol', 'no_certificate', 'protocol_version']));
  t.notOk(found.includes('other'));
});
