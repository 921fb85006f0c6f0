import { createHash, type X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import type { Challenge } from '../certs/issuer.ts';
import { quote } from '../flaws/quote.ts';
import { within } from './connection.ts';
import type { Seen } from './observation.ts';

const PORT = 443;
const ACME_TLS = 'acme-tls/1';

// The extension of RFC 8737 section 3 up to its digest, in DER: id-pe-acmeIdentifier, critical, and two OCTET STRINGs.
const ACME_IDENTIFIER = Buffer.from('06082b0601050507011f0101ff04220420', 'hex');

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

/** DER writes one value in one way only, so that the extension is found without reading the whole certificate. */
function isAnswer(certificate: X509Certificate | undefined, { host, keyAuthorization }: Challenge): boolean {
  if (certificate?.subjectAltName !== `DNS:${host}`) return false;
  const digest = createHash('sha256').update(keyAuthorization).digest();
  return certificate.raw.includes(Buffer.concat([ACME_IDENTIFIER, digest]));
}

function who(certificate: X509Certificate | undefined): string {
  const names = certificate?.subjectAltName;
  return `a TLS server with a certificate for ${names === undefined ? 'no name' : quote(names)}`;
}
