import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MILLISECONDS = 86_400_000;

/** A private key and the certificate for it, both PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly certificate: string;
}

export interface TestCa {
  /** PEM */
  readonly root: string;
  /** Issues a certificate for DNS names. It ends `days` from now; a negative number has it expired. */
  issue(names: readonly string[], days?: number): Promise<KeyAndCertificate>;
}

/** A certificate authority that lives as long as the test, for hosts that are not Postseal's. */
export async function createTestCa(name = 'Test CA'): Promise<TestCa> {
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    ...lifetime(30),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    root: root.toString('pem'),
    issue: (names, days = 30) => issue(root, keys.privateKey, names, days),
  };
}

async function issue(
  root: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  names: readonly string[],
  days: number,
): Promise<KeyAndCertificate> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${names[0]}`,
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey,
    ...lifetime(days),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
    ],
  });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: PemConverter.encode(key, 'PRIVATE KEY'), certificate: certificate.toString('pem') };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function lifetime(days: number): { notBefore: Date; notAfter: Date } {
  const notAfter = Date.now() + days * DAY_MILLISECONDS;
  const notBefore = Math.min(Date.now(), notAfter) - DAY_MILLISECONDS;
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}
