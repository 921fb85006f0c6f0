import 'reflect-metadata';
import { type X509Certificate as Certificate, createHash } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import { X509Certificate } from '@peculiar/x509';
import type { Challenge } from '../certs/issuer.ts';
import { quote } from '../flaws/quote.ts';
import { within } from './connection.ts';
import type { Seen } from './observation.ts';

const PORT = 443;
const ACME_TLS = 'acme-tls/1';
const ID_PE_ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';

/** Looks for the certificate of a TLS-ALPN-01 challenge at one address as a CA does (RFC 8737 section 3). */
export function walkTls(address: string, challenge: Challenge, signal: AbortSignal): Promise<Seen> {
  return within(signal, async (signal) => {
    const socket = tls.connect({
      host: address,
      port: PORT,
      servername: challenge.host,
      ALPNProtocols: [ACME_TLS],
      minVersion: 'TLSv1.2',
      // The answer is signed by itself.
      rejectUnauthorized: false,
    });
    socket.on('error', () => {});
    try {
      await once(socket, 'secureConnect', { signal });
      // Node gives it once only.
      const certificate = socket.getPeerX509Certificate();
      const isOurs = socket.alpnProtocol === ACME_TLS && isAnswer(certificate, challenge);
      return isOurs ? { seen: 'reached' } : { seen: 'other', who: who(certificate) };
    } finally {
      socket.destroy();
    }
  });
}

function isAnswer(certificate: Certificate | undefined, { host, keyAuthorization }: Challenge): boolean {
  if (certificate?.subjectAltName !== `DNS:${host}`) return false;
  const digest = createHash('sha256').update(keyAuthorization).digest('hex');
  return acmeIdentifier(certificate.raw) === `0420${digest}`;
}

/** The extension's value in hexadecimal digits; undefined too where a stranger's certificate can't be read. */
function acmeIdentifier(der: Buffer): string | undefined {
  try {
    const extension = new X509Certificate(der).getExtension(ID_PE_ACME_IDENTIFIER);
    return extension?.critical ? Buffer.from(extension.value).toString('hex') : undefined;
  } catch {
    return undefined;
  }
}

function who(certificate: Certificate | undefined): string {
  const names = certificate?.subjectAltName;
  return `a TLS server with a certificate for ${names === undefined ? 'no name' : quote(names)}`;
}
