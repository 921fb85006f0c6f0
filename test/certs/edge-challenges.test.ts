import 'reflect-metadata';
import { createHash, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import tls, { type SecureVersion } from 'node:tls';
import { X509Certificate as ParsedCertificate } from '@peculiar/x509';
import t, { type Test } from 'tap';
import type { Challenge, ChallengeType } from '../../src/certs/issuer.ts';
import { createLocalCa, loadLocalCa } from '../../src/certs/local-ca.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { Edge } from '../edge/edge.ts';
import { eventually } from '../peers/eventually.ts';
import { fetchPlain, fetchPolicy } from '../server/request.ts';

const HOST = 'mta-sts.example.test' as Hostname;
const OTHER = 'mta-sts.other.test' as Hostname;
const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';

const edge = await Edge.start(t, { count: 2 });
const board = edge.workers.challenges;

function challenge(type: ChallengeType, token = 'a-token_1', host = HOST): Challenge {
  return { type, host, token, keyAuthorization: `${token}.thumbprint` };
}

/** What the plain listener answers on a path, for a Host. */
async function fetchChallenge(token: string, name: string = HOST) {
  const path = `/.well-known/acme-challenge/${token}`;
  const answers = [];
  // Each of several connections may reach another worker.
  for (let tries = 0; tries < 6; tries += 1) {
    const { status, headers, body } = await fetchPlain(edge.http, path, 'GET', name);
    answers.push(`${status} ${headers['content-type']} ${body}`);
  }
  return [...new Set(answers)];
}

interface Handshake {
  readonly protocol: string | false | null;
  readonly certificate: Buffer;
}

/** A handshake; the code of its failure where it fails. */
function shake(
  servername: string,
  protocols: readonly string[],
  version: SecureVersion,
): Promise<Handshake | string> {
  const { host, port } = edge.https;
  const versions = { minVersion: version, maxVersion: version };
  return new Promise((resolve) => {
    const socket = tls.connect({
      host,
      port,
      servername,
      ...(protocols.length > 0 ? { ALPNProtocols: [...protocols] } : {}),
      rejectUnauthorized: false,
      ...versions,
    });
    socket.on('secureConnect', () => {
      resolve({ protocol: socket.alpnProtocol, certificate: socket.getPeerCertificate().raw });
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

t.test('HTTP-01: every worker answers for this host and token, and for no other', async (t) => {
  const found = ['200 application/octet-stream a-token_1.thumbprint'];
  const missing = ['404 text/plain; charset=utf-8 Not found\n'];
  t.same(await fetchChallenge('a-token_1'), missing, 'before');
  await board.put(challenge('http-01'));
  t.same(await fetchChallenge('a-token_1'), found);
  t.same(await fetchChallenge('a-token_1', HOST.toUpperCase()), found, 'in any letter case');
  t.same(await fetchChallenge('a-token_1', OTHER), missing, 'not for another host');
  for (const token of ['a-token_2', '', 'a-token_1/', 'a-token_1?', 'A-TOKEN_1', '../mta-sts.txt']) {
    t.same(await fetchChallenge(token), missing, token);
  }
  await board.put(challenge('http-01', 'a-token_2'));
  await board.remove(challenge('http-01'));
  t.same(await fetchChallenge('a-token_1'), missing, 'afterwards');
  t.same(await fetchChallenge('a-token_2'), ['200 application/octet-stream a-token_2.thumbprint']);
  await board.remove(challenge('http-01', 'a-token_2'));
});

t.test('several at once, and one that is given up in the moment it is put', async (t) => {
  const tokens = ['token_1', 'token_2', 'token_3'];
  await Promise.all(tokens.map((token) => board.put(challenge('http-01', token))));
  const present = (token: string) => [`200 application/octet-stream ${token}.thumbprint`];
  for (const token of tokens) t.same(await fetchChallenge(token), present(token));
  const givenUp = challenge('http-01', 'given_up');
  // Put is under way when it is removed.
  await Promise.all([board.put(givenUp), Promise.resolve().then(() => board.remove(givenUp))]);
  t.same(await fetchChallenge('given_up'), ['404 text/plain; charset=utf-8 Not found\n']);
  await Promise.all(tokens.map((token) => board.remove(challenge('http-01', token))));
  t.same(board.present, []);
});

for (const version of VERSIONS) {
  t.test(`TLS-ALPN-01 over ${version}`, async (t) => {
    const acme = (name: string) => shake(name, ['acme-tls/1'], version);
    const failure = version === 'TLSv1.2' ? /HANDSHAKE_FAILURE/ : /NO_APPLICATION_PROTOCOL/;
    t.match(await acme(HOST), failure, 'before');
    await board.put(challenge('tls-alpn-01'));
    for (const name of [HOST, HOST.toUpperCase()]) {
      for (let tries = 0; tries < 4; tries += 1) {
        const { protocol, certificate } = (await acme(name)) as Handshake;
        t.equal(protocol, 'acme-tls/1');
        checkCertificate(t, certificate);
      }
    }
    t.match(await acme(OTHER), failure, 'not for another host');
    t.match(await acme(''), failure, 'not without a server name');
    t.match(
      await shake(HOST, ['h2'], version),
      /NO_APPLICATION_PROTOCOL|HANDSHAKE_FAILURE/,
      'not for another protocol',
    );
    await board.remove(challenge('tls-alpn-01'));
    t.match(await acme(HOST), failure, 'afterwards');
  });
}

t.test('a host that has a challenge and no certificate serves nobody else', async (t) => {
  await board.put(challenge('tls-alpn-01'));
  for (const version of VERSIONS) {
    const answer = fetchPolicy(edge.https, { name: HOST, root: '', maxVersion: version });
    await t.rejects(answer, { message: /unhandled critical extension|handshake failure/ });
  }
  await board.remove(challenge('tls-alpn-01'));
});

t.test('policies are served as ever while a challenge is answered', async (t) => {
  const ca = await loadLocalCa(await createLocalCa(Date.now()));
  const { pem } = await ca.issue(OTHER, Date.now());
  writeFileSync(join(edge.home.certs, `${OTHER}.pem`), pem);
  await edge.workers.apply([
    { domain: 'other.test', text: 'version: STSv1\r\nmode: none\r\nmax_age: 0\r\n' },
  ]);
  await board.put(challenge('tls-alpn-01', 'a-token_3', OTHER));
  const own = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE'))).raw;
  for (const version of VERSIONS) {
    for (const [protocols, protocol] of [
      [['h2', 'http/1.1'], 'h2'],
      [['http/1.1', 'h2'], 'h2'],
      [['http/1.1'], 'http/1.1'],
      [[], false],
    ] as const) {
      t.same(
        await shake(OTHER, protocols, version),
        { protocol, certificate: own },
        `${protocols} over ${version}`,
      );
    }
    t.type(await shake(OTHER, ['spdy/3'], version), 'string', 'a protocol that is not spoken');
    const answered = (await shake(OTHER, ['acme-tls/1'], version)) as Handshake;
    t.not(answered.certificate.toString('hex'), own.toString('hex'));
    t.equal(answered.protocol, 'acme-tls/1');
  }
  await board.remove(challenge('tls-alpn-01', 'a-token_3', OTHER));
});

t.test('a worker that takes the place of another answers all challenges that are there', async (t) => {
  await board.put(challenge('http-01', 'a-token_4'));
  await board.put(challenge('tls-alpn-01', 'a-token_5'));
  const before = new Set(edge.processes);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await eventually('two other workers', () => {
    return edge.workers.ready === 2 && edge.processes.every((pid) => !before.has(pid));
  });
  t.same(await fetchChallenge('a-token_4'), ['200 application/octet-stream a-token_4.thumbprint']);
  t.match(await shake(HOST, ['acme-tls/1'], 'TLSv1.3'), { protocol: 'acme-tls/1' });
  await board.remove(challenge('http-01', 'a-token_4'));
  t.same(await fetchChallenge('a-token_4'), ['404 text/plain; charset=utf-8 Not found\n']);
});

/** RFC 8737 section 3. */
function checkCertificate(t: Test, der: Buffer): void {
  const certificate = new X509Certificate(der);
  t.equal(certificate.subjectAltName, `DNS:${HOST}`);
  t.ok(certificate.verify(certificate.publicKey), 'signed by itself');
  const extension = new ParsedCertificate(der).getExtension(ACME_IDENTIFIER);
  const digest = createHash('sha256').update('a-token_1.thumbprint').digest('hex');
  t.equal(extension?.critical, true);
  t.equal(Buffer.from(extension?.value ?? new ArrayBuffer(0)).toString('hex'), `0420${digest}`);
}
