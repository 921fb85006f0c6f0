import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';

/** A private key with its certificate chain, leaf first, as one PEM text. */
export interface KeyPair {
  readonly pem: string;
  /** Milliseconds since 1970, as the next. */
  readonly notBefore: number;
  readonly notAfter: number;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;
const CERTIFICATES = new RegExp(CERTIFICATE, 'g');

// By how much our clock may be behind that of a CA which has just issued, in milliseconds.
const CLOCK_DIFFERENCE = 5 * 60_000;

/** The certificates of a key pair, without the key. */
export function chainOf({ pem }: Pick<KeyPair, 'pem'>): string {
  return (pem.match(CERTIFICATES) ?? []).join('\n');
}

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
  return parsed({ pem, notBefore: Date.parse(leaf.validFrom), notAfter: Date.parse(leaf.validTo) });
}

/**
 * Checks a key pair that has just been issued: as {@link checkKeyPair}, and every certificate of the chain can be
 * read, each is signed by the next, and all are valid now. Never throws.
 */
export function checkIssued(pem: string, host: string, now: number): Parsed<KeyPair> {
  const flaw = (message: string): Parsed<never> =>
    flawed({ path: `${host}.pem`, message, remedy: 'Order another certificate' });
  try {
    const chain = (pem.match(CERTIFICATES) ?? []).map((text) => new X509Certificate(text));
    for (const [index, certificate] of chain.entries()) {
      const issuer = chain[index + 1];
      if (issuer !== undefined && !certificate.verify(issuer.publicKey)) {
        return flaw('The certificates are no chain: one is not signed by the next');
      }
      if (Date.parse(certificate.validTo) <= now) return flaw('A certificate of the chain has expired');
      if (Date.parse(certificate.validFrom) > now + CLOCK_DIFFERENCE) {
        return flaw('A certificate of the chain is not valid yet');
      }
    }
    return checkKeyPair(pem, host);
  } catch {
    return flaw('The key or a certificate of the chain is no PEM that can be read');
  }
}
