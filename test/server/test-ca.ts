import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const KEYS = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  },
} as const;

const DAY = 24 * 3600_000;

export interface LeafOptions {
  readonly key?: keyof typeof KEYS;
  /** DNS names; that of the host where none are given. */
  readonly names?: readonly string[];
  readonly commonName?: string;
  /** Days from now. */
  readonly days?: number;
}

/** A CA that is not Postseal's own: a root, and an intermediate that signs. */
export class TestCa {
  readonly root: string;
  readonly intermediate: string;
  readonly #issuer: x509.X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(
    root: x509.X509Certificate,
    issuer: x509.X509Certificate,
    keys: webcrypto.CryptoKeyPair,
  ) {
    this.root = root.toString('pem');
    this.intermediate = issuer.toString('pem');
    this.#issuer = issuer;
    this.#keys = keys;
  }

  static async create(): Promise<TestCa> {
    const [rootKeys, keys] = await Promise.all([generate('ec'), generate('ec')]);
    const shared = { notBefore: days(-30), notAfter: days(30), signingAlgorithm: KEYS.ec };
    const extensions = [new x509.BasicConstraintsExtension(true, undefined, true)];
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      ...shared,
      name: 'CN=Test root',
      keys: rootKeys,
      extensions,
    });
    const issuer = await x509.X509CertificateGenerator.create({
      ...shared,
      subject: 'CN=Test intermediate',
      issuer: root.subject,
      publicKey: keys.publicKey,
      signingKey: rootKeys.privateKey,
      extensions,
    });
    return new TestCa(root, issuer, keys);
  }

  /** A key and a certificate with its intermediate, as it would lie in the certificate folder. */
  async issue(host: string, options: LeafOptions = {}): Promise<string> {
    const { key = 'ec', names = [host], commonName, days: until = 10 } = options;
    const keys = await generate(key);
    const leaf = await x509.X509CertificateGenerator.create({
      subject: commonName === undefined ? '' : `CN=${commonName}`,
      issuer: this.#issuer.subject,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: KEYS.ec,
      notBefore: days(Math.min(-1, until - 1)),
      notAfter: days(until),
      extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
    });
    const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    const parts = [x509.PemConverter.encode(der, 'PRIVATE KEY'), leaf.toString('pem'), this.intermediate];
    return parts.map((part) => `${part}\n`).join('');
  }
}

function generate(key: keyof typeof KEYS): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEYS[key], true, ['sign', 'verify']);
}

function days(count: number): Date {
  return new Date(Date.now() + count * DAY);
}
