import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { checkKeyPair } from '../../src/certs/key-pair.ts';
import { createLocalCa, loadLocalCa } from '../../src/certs/local-ca.ts';
import { parsePolicyDomain, policyHost } from '../../src/names/hostname.ts';
import { CaFolder } from '../../src/store/files/ca-folder.ts';
import { goodValue } from '../cases.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const DAY = 86_400_000;
const NAMES = [
  'example.com',
  'bücher.example',
  'a.b.c.d.example',
  `${`${'a'.repeat(48)}.`.repeat(4)}${'b'.repeat(49)}`,
];

t.test('what it issues is verified by OpenSSL for its name, however long, and for no other', async (t) => {
  const files = await createLocalCa(Date.now());
  const ca = await loadLocalCa(files);
  for (const name of NAMES) {
    const host = policyHost(goodValue(parsePolicyDomain(name)));
    const pair = await ca.issue(host, Date.now());
    t.match(verify(t, files.root, pair.pem, host), /: OK/, host);
    t.throws(() => verify(t, files.root, pair.pem, 'mta-sts.other.example'), /hostname mismatch/i);
    t.match(checkKeyPair(pair.pem, host), { ok: true, value: { notAfter: pair.notAfter } });
    t.same(new X509Certificate(certificateOf(pair.pem)).subjectAltName, `DNS:${host}`);
  }
  t.equal(Math.max(...NAMES.map((name) => `mta-sts.${goodValue(parsePolicyDomain(name))}`.length)), 253);
});

t.test('a certificate is valid from an hour ago for a week, a root for ten years', async (t) => {
  const now = Date.UTC(2026, 10, 22, 19, 6, 50);
  const files = await createLocalCa(now);
  const root = new X509Certificate(files.root);
  const { pem, notAfter } = await (await loadLocalCa(files)).issue(
    policyHost(goodValue(parsePolicyDomain('example.com'))),
    now,
  );
  const leaf = new X509Certificate(certificateOf(pem));
  t.equal(notAfter, now + 7 * DAY);
  t.same([leaf.validFromDate, leaf.validToDate], [new Date(now - DAY / 24), new Date(now + 7 * DAY)]);
  t.same([root.validFromDate, root.validToDate], [new Date(now - DAY / 24), new Date(now + 3650 * DAY)]);
  t.equal(root.ca, true);
  t.equal(leaf.ca, false);
  t.same(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'], 'for servers alone');
});

t.test('no certificate outlives the root, and no two share key or serial number', async (t) => {
  const now = Date.now();
  const files = await createLocalCa(now);
  const ca = await loadLocalCa(files);
  const host = policyHost(goodValue(parsePolicyDomain('example.com')));
  const end = new X509Certificate(files.root).validToDate.getTime();
  t.equal((await ca.issue(host, end - DAY)).notAfter, end);
  const leaves = await Promise.all(Array.from({ length: 20 }, () => ca.issue(host, now)));
  const certificates = leaves.map(({ pem }) => new X509Certificate(certificateOf(pem)));
  t.equal(new Set(certificates.map(({ serialNumber }) => serialNumber)).size, 20);
  t.equal(new Set(certificates.map(({ fingerprint256 }) => fingerprint256)).size, 20);
  t.equal(new Set(leaves.map(({ pem }) => /BEGIN PRIVATE KEY-+\s+(\S+\s+\S+)/.exec(pem)?.[1])).size, 20);
});

t.test('the folder keeps the CA, for its owner alone', async (t) => {
  const path = join(temporaryFolder(t), 'state/local-ca');
  const folder = new CaFolder(path);
  t.equal(folder.read(), undefined);
  const files = await createLocalCa(Date.now());
  folder.write(files);
  t.same(new CaFolder(path).read(), files);
  t.equal(statSync(path).mode & 0o777, 0o700);
  for (const file of ['key.pem', 'root.pem']) t.equal(statSync(join(path, file)).mode & 0o777, 0o600);
  t.equal(folder.rootFile, join(path, 'root.pem'));
});

t.test('a key without its root, as after a crash in between, is no CA yet', async (t) => {
  const path = temporaryFolder(t);
  const folder = new CaFolder(path);
  writeFileSync(join(path, 'key.pem'), 'left over');
  t.equal(folder.read(), undefined);
  const files = await createLocalCa(Date.now());
  folder.write(files);
  t.same(folder.read(), files);
});

/** Throws where OpenSSL refuses the certificate. */
function verify(t: Test, root: string, pem: string, host: string): string {
  const folder = temporaryFolder(t);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'root.pem'), root);
  writeFileSync(join(folder, 'pair.pem'), pem);
  const files = ['-CAfile', join(folder, 'root.pem'), join(folder, 'pair.pem')];
  const rules = [
    '-x509_strict',
    '-purpose',
    'sslserver',
    '-no-CApath',
    '-no-CAstore',
    '-verify_hostname',
    host,
  ];
  return execFileSync('openssl', ['verify', ...rules, ...files], { encoding: 'utf8', stdio: 'pipe' });
}

function certificateOf(pem: string): string {
  return pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'));
}
