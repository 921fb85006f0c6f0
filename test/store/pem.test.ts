import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import t, { type Test } from 'tap';
import { PemFolder } from '../../src/store/files/pem.ts';
import { issued } from '../certs/authority.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const HOST = 'mta-sts.example.com';
const names = [HOST];
const root = await issued({ subject: 'CN=Root', isAuthority: true });
const middle = await issued({ subject: 'CN=Middle', isAuthority: true, issuer: root });
const leaf = await issued({ names, issuer: middle });

t.test('the key, the leaf and the chain, in the orders that people write', async (t) => {
  const { write, read } = folderOf(t);
  const wildcard = await issued({ names: ['*.example.com'], issuer: middle });
  const several = await issued({ names: ['other.example', 'MTA-STS.Example.COM'], issuer: middle });
  const good = {
    'key first': leaf.key + leaf.cert + middle.cert + root.cert,
    'key last': leaf.cert + middle.cert + leaf.key,
    'key between': leaf.cert + leaf.key + middle.cert,
    'no chain': leaf.key + leaf.cert,
    'text around': `Bag Attributes\r\n${leaf.cert.replaceAll('\n', '\r\n')}\r\nbücher\r\n${leaf.key}`,
    wildcard: wildcard.key + wildcard.cert + middle.cert,
    'several names': several.key + several.cert,
  };
  for (const [what, pem] of Object.entries(good)) {
    write(pem);
    const pair = read();
    t.match(pair, { ok: true }, what);
    if (pair.ok) t.ok(createSecureContext({ key: pair.value.pem, cert: pair.value.pem }), 'and TLS takes it');
  }
});

t.test('keys of the kinds that authorities and tools make', async (t) => {
  const { write, read, folder } = folderOf(t);
  for (const kind of ['rsa:2048', 'ec', 'ed25519']) {
    const [key, cert] = ['key', 'cert'].map((name) => join(folder, name));
    const curve = kind === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:secp384r1'] : [];
    const subject = ['-subj', '/', '-addext', `subjectAltName=DNS:${HOST}`, '-days', '9'];
    const files = ['-keyout', `${key}`, '-out', `${cert}`];
    openssl('req', '-x509', '-nodes', '-newkey', kind, ...curve, ...subject, ...files);
    write(
      openssl('pkey', '-in', `${key}`, ...(kind === 'ed25519' ? [] : ['-traditional'])) +
        openssl('x509', '-in', `${cert}`),
    );
    t.match(read(), { ok: true }, kind);
  }
});

t.test('an expired certificate is read, with its end', async (t) => {
  const { write, read } = folderOf(t);
  const expired = await issued({ names, from: -90, until: -1, issuer: middle });
  write(expired.key + expired.cert);
  t.match(read(), { ok: true, value: { notAfter: expired.certificate.notAfter.getTime() } });
  t.ok(expired.certificate.notAfter.getTime() < Date.now());
});

t.test('what would not serve a sender is flawed', async (t) => {
  const { write, read } = folderOf(t);
  const other = await issued({ names: ['mta-sts.example.net'], issuer: middle });
  const nameInSubject = await issued({ subject: `CN=${HOST}`, issuer: middle });
  const subjectBeside = await issued({ subject: `CN=${HOST}`, names: ['example.com'], issuer: middle });
  const deep = await issued({ names: ['*.com'], issuer: middle });
  const partial = await issued({ names: ['mta-*.example.com'], issuer: middle });
  const encrypted = openssl('pkcs8', '-topk8', '-passout', 'pass:secret', { input: leaf.key });
  const bad = {
    'The private key is not that': other.key + leaf.cert,
    'private key is not that of the first': leaf.key + middle.cert + leaf.cert,
    'is not for mta-sts.example.com': other.key + other.cert,
    'not for mta-sts.example.com': nameInSubject.key + nameInSubject.cert,
    'certificate is not for mta-sts': subjectBeside.key + subjectBeside.cert,
    'certificate is not for': deep.key + deep.cert,
    'certificate is not': partial.key + partial.cert,
    "can't be used": leaf.key,
    'be used': leaf.cert,
    "can't be used (ERR": encrypted + leaf.cert,
    "can't be": '',
    "can't": `${leaf.key}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    used: Buffer.from(leaf.key + leaf.cert, 'utf16le'),
  };
  for (const [says, pem] of Object.entries(bad)) {
    write(pem);
    const pair = read();
    t.match(pair, { ok: false, flaws: [{ path: `${HOST}.pem`, message: says }] }, says);
    t.notMatch(JSON.stringify(pair), /PRIVATE|secret/);
  }
});

t.test('a file that is not there, and one that cannot be read', async (t) => {
  const { write, read, pems, path } = folderOf(t);
  t.equal(pems.stamp(HOST), undefined);
  t.match(read(), { ok: false, flaws: [{ message: /ENOENT/ }] });
  write(leaf.key + leaf.cert);
  const stamp = pems.stamp(HOST);
  t.type(stamp, 'string');
  write(leaf.key + leaf.cert + middle.cert);
  t.not(pems.stamp(HOST), stamp);
  rmSync(path);
  symlinkSync(`${HOST}.pem`, path);
  t.match(read(), { ok: false, flaws: [{ message: /ELOOP/ }] });
  t.throws(() => pems.stamp(HOST), { code: 'ELOOP' });
  rmSync(path);
  mkdirSync(path);
  t.match(read(), { ok: false, flaws: [{ message: /EISDIR/ }] });
});

t.test('a key pair is written whole and for its owner only, and what a crash left is swept', async (t) => {
  const { folder, pems, path, read } = folderOf(t);
  const others = ['notes.txt', 'mta-sts.other.example.pem'];
  for (const file of [...others, `${HOST}.pem.0123456789ab.tmp`]) writeFileSync(join(folder, file), leaf.key);
  pems.write(HOST, leaf.key + leaf.cert + middle.cert);
  t.equal(read().ok, true);
  t.equal(statSync(path).mode & 0o777, 0o600);
  pems.sweep();
  t.same(readdirSync(folder).sort(), [...others, `${HOST}.pem`].sort());
});

function folderOf(t: Test) {
  const folder = temporaryFolder(t);
  const pems = new PemFolder(folder);
  const path = join(folder, `${HOST}.pem`);
  const write = (pem: string | Uint8Array) => writeFileSync(path, pem);
  return { folder, pems, path, write, read: () => pems.read(HOST) };
}

function openssl(...args: readonly (string | { readonly input: string })[]): string {
  const options = args.find((arg) => typeof arg === 'object') ?? {};
  const words = args.filter((arg) => typeof arg === 'string');
  return execFileSync('openssl', words, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'], ...options });
}
