import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';

/** A private key with its certificate chain, leaf first, as one PEM text. */
export interface KeyPair {
  readonly pem: string;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/**
 * Checks that a PEM text holds a key pair for a host: the key fits the first certificate, which names the host.
 * Throws where key or certificate are no PEM that can be read.
 */
export function checkKeyPair(pem: string, host: string): Parsed<KeyPair> {
  const flaw = (message: string, remedy: string): Flaw => ({ path: `${host}.pem`, message, remedy });
  const leaf = new X509Certificate(CERTIFICATE.exec(pem)?.[0] ?? '');
  if (!leaf.checkPrivateKey(createPrivateKey(pem))) {
    return flawed(
      flaw('The private key is not that of the first certificate', 'Put the leaf certificate first'),
    );
  }
  // Senders look at the alternative names only, never at the common name (RFC 8461 section 3.3).
  if (leaf.checkHost(host, { subject: 'never', partialWildcards: false }) === undefined) {
    return flawed(flaw(`The certificate is not for ${host}`, `Get one whose subjectAltName has ${host}`));
  }
  return parsed({ pem, notAfter: Date.parse(leaf.validTo) });
}
