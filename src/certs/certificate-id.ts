import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;

/**
 * The name of a certificate towards its CA (RFC 9773 section 4.1): key identifier of the issuer and serial number.
 * @param pem the certificate, first of those in the text.
 * @returns undefined for what is no certificate, or one that doesn't tell its issuer's key.
 */
export function certificateId(pem: string): string | undefined {
  const certificate = readCertificate(pem);
  const issuerKey = certificate?.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId;
  if (certificate === undefined || issuerKey === undefined) return undefined;
  return `${base64url(issuerKey)}.${base64url(serialOctets(certificate.serialNumber))}`;
}

function readCertificate(pem: string): x509.X509Certificate | undefined {
  try {
    return new x509.X509Certificate(CERTIFICATE.exec(pem)?.[0] ?? '');
  } catch {
    return undefined;
  }
}

/** The content octets of the DER INTEGER: a number whose first bit is set has a zero before it. */
function serialOctets(serial: string): string {
  return Number.parseInt(serial.slice(0, 2), 16) > 0x7f ? `00${serial}` : serial;
}

function base64url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}
