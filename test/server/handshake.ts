import { once } from 'node:events';
import tls, { type ConnectionOptions, type SecureVersion } from 'node:tls';
import type { Address } from './request.ts';

/** What became of a handshake: what both agreed on, or the client's error code. */
export type Handshake =
  | {
      readonly done: true;
      readonly protocol: SecureVersion | string | null;
      readonly alpn: string | false | null;
      /** The names of the certificate that was shown. */
      readonly names: string;
      readonly key: string | undefined;
      /** Session tickets and ids that came with it or right after. */
      readonly sessions: number;
    }
  | { readonly done: false; readonly code: string | undefined };

/** Does one handshake, without looking whether the certificate is trusted, and one request after it. */
export async function handshake(address: Address, options: ConnectionOptions): Promise<Handshake> {
  const socket = tls.connect({ ...address, rejectUnauthorized: false, ...options });
  let sessions = 0;
  socket.on('session', () => {
    sessions += 1;
  });
  try {
    await once(socket, 'secureConnect');
    const { subjectaltname: names = '', asn1Curve, bits } = socket.getPeerCertificate();
    const { alpnProtocol: alpn } = socket;
    const protocol = socket.getProtocol();
    if (alpn !== 'h2') {
      // Tickets of TLS 1.3 come after the handshake, so that an answer is waited for.
      socket.write(`GET / HTTP/1.1\r\nHost: ${options.servername}\r\n\r\n`);
      await once(socket, 'data');
    }
    return { done: true, protocol, alpn, names, key: asn1Curve ?? `RSA ${bits}`, sessions };
  } catch (error) {
    return { done: false, code: (error as NodeJS.ErrnoException).code };
  } finally {
    socket.destroy();
  }
}
