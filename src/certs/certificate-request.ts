import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Hostname } from '../names/hostname.ts';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };

export interface CertificateRequest {
  /** The new private key, as PEM. */
  readonly key: string;
  /** The request in base64url, as ACME wants it (RFC 8555 section 7.4). */
  readonly csr: string;
}

/** Makes a new key (ECDSA P-256) and the request for a certificate for one host, named in the SAN only. */
export async function createCertificateRequest(host: Hostname): Promise<CertificateRequest> {
  const keys = await webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: { ...KEY_ALGORITHM, hash: 'SHA-256' },
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    key: `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`,
    csr: Buffer.from(request.rawData).toString('base64url'),
  };
}
