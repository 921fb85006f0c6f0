import type { Http2SecureServer } from 'node:http2';
import type { SecureContext, TLSSocket } from 'node:tls';

/** RFC 8737 section 3: the ALPN protocol that a CA alone speaks. */
const ACME_TLS = 'acme-tls/1';

// What the policy listener speaks, the preferred one first.
const PROTOCOLS = ['h2', 'http/1.1'];

/** The certificates that answer challenges, by host in lower case. */
export interface TlsChallenges {
  context(host: string): SecureContext | undefined;
}

export interface TlsHosts {
  readonly challenges: TlsChallenges;
  context(host: string): SecureContext | undefined | Promise<SecureContext | undefined>;
}

type ContextFound = (error: Error | null, context?: SecureContext) => void;

/** Connections of TLS 1.2 that have a challenge's certificate before it is known whether they are a CA's. */
const undecided = new WeakSet<TLSSocket>();

/**
 * The choice of certificate and protocol in a handshake. A challenge's certificate is for who speaks `acme-tls/1`
 * only. In TLS 1.3 the protocol is chosen first, and a certificate that is set then would be lost: it is remembered
 * for the choice that follows. In TLS 1.2 the protocol is chosen last, and the certificate is set anew; but without
 * any certificate the handshake would not come so far, so that a host that has none begins with the challenge's.
 */
export function tlsCallbacks(hosts: TlsHosts) {
  const chosen = new WeakMap<TLSSocket, SecureContext>();
  return {
    SNICallback(this: TLSSocket, name: string, done: ContextFound): void {
      const host = name.toLowerCase();
      const found = (context: SecureContext | undefined) => {
        const challenge = context ?? (this.getProtocol() === 'TLSv1.2' && hosts.challenges.context(host));
        if (context === undefined && challenge) undecided.add(this);
        done(null, challenge || undefined);
      };
      const context = chosen.get(this) ?? hosts.context(host);
      if (context instanceof Promise) context.then(found, done);
      else found(context);
    },
    ALPNCallback(this: TLSSocket, { servername, protocols }: ClientOffer): string | undefined {
      // Without a protocol the handshake ends in the alert no_application_protocol.
      if (!protocols.includes(ACME_TLS)) {
        return undecided.has(this) ? undefined : PROTOCOLS.find((each) => protocols.includes(each));
      }
      const context = servername ? hosts.challenges.context(servername.toLowerCase()) : undefined;
      if (context === undefined) return undefined;
      chosen.set(this, context);
      this.setKeyCert(context);
      return ACME_TLS;
    },
  };
}

interface ClientOffer {
  /** Empty, or no string at all, where the client named no server. */
  readonly servername: string;
  readonly protocols: readonly string[];
}

/** RFC 8737 section 3: after the handshake of a challenge nothing is exchanged. */
export function endChallengeConnections(server: Http2SecureServer): void {
  const speak = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    // Who names no protocol at all may have come through undecided.
    if (socket.alpnProtocol === ACME_TLS || undecided.has(socket)) socket.destroySoon();
    else for (const each of speak) each.call(server, socket);
  });
}
