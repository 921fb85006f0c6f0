import { createSecureContext, type SecureContext } from 'node:tls';

/** What tells one challenge from another. */
export interface ChallengeName {
  readonly host: string;
  readonly token: string;
}

/** How a challenge is answered: by a text over HTTP, or by a certificate over TLS. */
export type ChallengeAnswer = ChallengeName &
  (
    | { readonly type: 'http-01'; readonly keyAuthorization: string }
    /** Key and certificate as one PEM text. */
    | { readonly type: 'tls-alpn-01'; readonly pem: string }
  );

/** The challenges that a worker answers. */
export class ChallengeTable {
  readonly #texts = new Map<string, string>();
  readonly #contexts = new Map<string, { readonly token: string; readonly context: SecureContext }>();

  constructor(present: readonly ChallengeAnswer[] = []) {
    for (const each of present) this.#put(each);
  }

  /** The answer to an HTTP-01 challenge; the host in lower case. */
  keyAuthorization(host: string, token: string): string | undefined {
    return this.#texts.get(nameKey({ host, token }));
  }

  /** The certificate for a TLS-ALPN-01 challenge; the host in lower case. */
  context(host: string): SecureContext | undefined {
    return this.#contexts.get(host)?.context;
  }

  change({ put, remove }: { put: readonly ChallengeAnswer[]; remove: readonly ChallengeName[] }): void {
    for (const each of remove) this.#remove(each);
    for (const each of put) this.#put(each);
  }

  #put(answer: ChallengeAnswer): void {
    if (answer.type === 'http-01') {
      this.#texts.set(nameKey(answer), answer.keyAuthorization);
      return;
    }
    const { host, token, pem } = answer;
    this.#contexts.set(host, { token, context: createSecureContext({ key: pem, cert: pem }) });
  }

  #remove(name: ChallengeName): void {
    this.#texts.delete(nameKey(name));
    if (this.#contexts.get(name.host)?.token === name.token) this.#contexts.delete(name.host);
  }
}

function nameKey({ host, token }: ChallengeName): string {
  return `${host}/${token}`;
}
