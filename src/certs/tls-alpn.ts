import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Hostname } from '../names/hostname.ts';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
const ID_PE_ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
const OCTET_STRING = 4;
const DAY = 24 * 3600_000;

/**
 * Makes the self-signed certificate that answers a TLS-ALPN-01 challenge (RFC 8737 section 3), with its key, as PEM.
 * It has digitalSignature, without which TLS 1.2 refuses it.
 */
export async function createTlsAlpnCertificate(
  host: Hostname,
  keyAuthorization: string,
  now: number,
): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=ACME challenge',
    keys,
    signingAlgorithm: { ...KEY_ALGORITHM, hash: 'SHA-256' },
    notBefore: new Date(now - DAY),
    notAfter: new Date(now + DAY),
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.Extension(ID_PE_ACME_IDENTIFIER, true, Buffer.from([OCTET_STRING, digest.length, ...digest])),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n${certificate.toString('pem')}\n`;
}
