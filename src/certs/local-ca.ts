import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Hostname } from '../names/hostname.ts';
import type { KeyPair } from './key-pair.ts';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { ...KEY_ALGORITHM, hash: 'SHA-256' };

const SECOND = 1000;
const DAY = 24 * 3600_000;
const ROOT_DAYS = 3650;
const LEAF_DAYS = 7;

// Clocks of machines that try this out differ by minutes.
const BACKDATE = 3600_000;

/** What a local CA consists of, each as PEM. */
export interface CaFiles {
  readonly key: string;
  readonly root: string;
}

/**
 * A certificate authority for trying and testing without the internet. Nobody trusts it but who was given its root,
 * so it must never stand behind a public service name; the configuration sees to that.
 */
export interface LocalCa {
  /** A new key with a certificate for this one name, valid for seven days. */
  issue(host: Hostname, now: number): Promise<KeyPair>;
}

export async function loadLocalCa(files: CaFiles): Promise<LocalCa> {
  const root = new x509.X509Certificate(files.root);
  const key = await importKey(files.key);
  return { issue: (host, now) => issue({ root, key, host, now }) };
}

/** Makes the key and the root certificate of a new CA, valid for ten years. */
export async function createLocalCa(now: number): Promise<CaFiles> {
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Postseal local CA, for trying out',
    keys,
    signingAlgorithm: SIGNING,
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(now + ROOT_DAYS * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await exportKey(keys.privateKey), root: `${root.toString('pem')}\n` };
}

interface Order {
  readonly root: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
  readonly host: Hostname;
  readonly now: number;
}

async function issue(order: Order): Promise<KeyPair> {
  const { root, key, host } = order;
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  // A certificate tells whole seconds.
  const now = Math.floor(order.now / SECOND) * SECOND;
  const notAfter = new Date(Math.min(now + LEAF_DAYS * DAY, root.notAfter.getTime()));
  const leaf = await x509.X509CertificateGenerator.create({
    // The name stands in the alternative names only: a common name has at most 64 characters.
    subject: '',
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey: key,
    signingAlgorithm: SIGNING,
    notBefore: new Date(now - BACKDATE),
    notAfter,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      // RFC 5280 section 4.2.1.6: critical where the subject is empty.
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }], true),
      await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
    ],
  });
  const pem = `${await exportKey(keys.privateKey)}${leaf.toString('pem')}\n`;
  return { pem, notAfter: notAfter.getTime() };
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = x509.PemConverter.decode(pem);
  return webcrypto.subtle.importKey('pkcs8', der as ArrayBuffer, KEY_ALGORITHM, false, ['sign']);
}
