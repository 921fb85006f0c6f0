import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { createSecureContext, getCACertificates, type PeerCertificate, type SecureContext } from 'node:tls';
import type { Hostname } from '../names/hostname.ts';
import { within } from './connection.ts';
import type { HttpAnswer, PolicySeen } from './policy-seen.ts';

export interface PolicyFetch {
  /** The policy host: the name that is asked for, and that the certificate must be for. */
  readonly host: Hostname;
  readonly address: string;
  readonly port: number;
  /** With the roots that senders trust. */
  readonly context: SecureContext;
  /** What is wrong with an answer; undefined where nothing is. */
  wrongIn(answer: HttpAnswer): string | undefined;
}

const PATH = '/.well-known/mta-sts.txt';

// RFC 8461 section 3.3 suggests a limit; no text of ours comes near it.
const MOST_BYTES = 64 * 1024;

/** What a sender trusts: the machine's roots, and these PEM certificates. RFC 8461 section 3.3: TLS 1.2 or newer. */
export function trusting(roots: readonly string[]): SecureContext {
  return createSecureContext({ ca: [...getCACertificates('default'), ...roots], minVersion: 'TLSv1.2' });
}

/** Fetches a policy from one address as a strict sender does (RFC 8461 section 3.3): no redirect, no other certificate. */
export function fetchPolicy(fetch: PolicyFetch, signal: AbortSignal): Promise<PolicySeen> {
  return within(signal, async (signal) => {
    const { host, address, port, context } = fetch;
    const options: RequestOptions & { readonly secureContext: SecureContext } = {
      host: address,
      port,
      path: PATH,
      servername: host,
      headers: { host, 'user-agent': 'postseal' },
      agent: false,
      secureContext: context,
      checkServerIdentity: (_, certificate) => wrongName(host, certificate),
      signal,
    };
    const request = https.request(options);
    // What comes after the answer was read does not count.
    request.on('error', () => {});
    try {
      const answered = once(request, 'response', { signal });
      request.end();
      const [response] = (await answered) as [IncomingMessage];
      const { statusCode: status = 0, headers } = response;
      const wrong = fetch.wrongIn({ status, headers, body: await bodyOf(response) });
      return wrong === undefined ? { seen: 'policy' } : { seen: 'answer', wrong };
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (!UNPROVEN.test(code)) throw error;
      return { seen: 'unproven', why: code };
    } finally {
      request.destroy();
    }
  });
}

// What the verification of a chain ends with, by OpenSSL's names.
const UNPROVEN = /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|.*SELF_SIGNED|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH)/;

/** Senders look at the alternative names only (RFC 8461 section 3.3). */
function wrongName(host: Hostname, { raw }: PeerCertificate): Error | undefined {
  const named = new X509Certificate(raw).checkHost(host, { subject: 'never', partialWildcards: false });
  if (named !== undefined) return undefined;
  return Object.assign(new Error('The certificate is for another name'), { code: 'HOSTNAME_MISMATCH' });
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    size += part.length;
    if (size > MOST_BYTES) break;
  }
  return Buffer.concat(parts);
}
