import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;

/** What a certificate for tests is to say; all else is as public authorities do it. */
export interface Order {
  readonly subject?: string;
  readonly names?: readonly string[];
  /** Days from now. */
  readonly from?: number;
  readonly until?: number;
  /** Who signs; itself where nobody is given. */
  readonly issuer?: Issued;
  readonly isAuthority?: boolean;
}

export interface Issued {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  /** As PEM. */
  readonly key: string;
  readonly cert: string;
}

/** Issues a certificate with a new key. */
export async function issued(order: Order): Promise<Issued> {
  const { subject = '', names = [], from = -1, until = 30, issuer, isAuthority = false } = order;
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subject ?? subject,
    publicKey: keys.publicKey,
    signingKey: issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() + from * DAY),
    notAfter: new Date(Date.now() + until * DAY),
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      ...(names.length === 0
        ? []
        : [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))]),
    ],
  });
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const key = `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
  return { certificate, keys, key, cert: `${certificate.toString('pem')}\n` };
}
