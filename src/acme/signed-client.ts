import { AcmeProblem, CaUnreachable } from './failure.ts';
import type { HttpsClient, Reply } from './https-client.ts';
import { type Signer, signRequest } from './jws.ts';
import { readProblem } from './problem.ts';
import { Directory, parseJson, reader } from './resources.ts';
import { readRetryAfter } from './retry-after.ts';

export interface SignedClientOptions {
  readonly http: HttpsClient;
  /** URL of the CA's directory. */
  readonly directory: string;
  now(): number;
}

const readDirectory = reader('directory', Directory);

// Milliseconds: a CA may move its resources.
const DIRECTORY_AGE = 24 * 3600_000;
const MOST_NONCES = 32;
const MOST_BAD_NONCES = 8;

/** Signed requests to one CA (RFC 8555 section 6): its directory, its nonces, its problems. */
export class SignedClient {
  readonly #options: SignedClientOptions;
  readonly #nonces: string[] = [];
  #directory: { readonly value: Directory; readonly until: number } | undefined;

  constructor(options: SignedClientOptions) {
    this.#options = options;
  }

  async directory(signal: AbortSignal): Promise<Directory> {
    const now = this.#options.now();
    if (this.#directory === undefined || now >= this.#directory.until) {
      const value = readDirectory(await this.get(this.#options.directory, signal));
      this.#directory = { value, until: now + DIRECTORY_AGE };
    }
    return this.#directory.value;
  }

  /** An unsigned request. */
  async get(url: string, signal: AbortSignal): Promise<Reply> {
    const reply = await this.#options.http.send({ method: 'GET', url }, signal);
    this.#throwProblem(reply, false);
    return reply;
  }

  /** @param payload undefined for POST-as-GET (RFC 8555 section 6.3). */
  async post(signer: Signer, url: string, payload: object | undefined, signal: AbortSignal): Promise<Reply> {
    let refused: unknown;
    for (let tries = 0; tries < MOST_BAD_NONCES; tries += 1) {
      const nonce = this.#nonces.pop() ?? (await this.#newNonce(signal));
      const body = JSON.stringify(signRequest(signer, { url, nonce, payload }));
      const reply = await this.#options.http.send({ method: 'POST', url, body }, signal);
      this.#keepNonce(reply);
      try {
        this.#throwProblem(reply, signer.account === undefined);
        return reply;
      } catch (error) {
        // RFC 8555 section 6.5: the refusal brings a fresh nonce, and the request is to be sent again.
        if (!(error instanceof AcmeProblem && error.problem.type === 'badNonce')) throw error;
        refused = error;
      }
    }
    throw new CaUnreachable(`The CA refused ${MOST_BAD_NONCES} nonces of its own`, { cause: refused });
  }

  async #newNonce(signal: AbortSignal): Promise<string> {
    const { newNonce } = await this.directory(signal);
    const reply = await this.#options.http.send({ method: 'HEAD', url: newNonce }, signal);
    const nonce = nonceOf(reply);
    if (nonce === undefined) throw new CaUnreachable(`The CA gave no nonce (HTTP status ${reply.status})`);
    return nonce;
  }

  #keepNonce(reply: Reply): void {
    const nonce = nonceOf(reply);
    if (nonce === undefined) return;
    this.#nonces.push(nonce);
    if (this.#nonces.length > MOST_NONCES) this.#nonces.shift();
  }

  #throwProblem({ status, headers, body }: Reply, aboutAccount: boolean): void {
    if (status < 400) return;
    const retryAfter = readRetryAfter(headers['retry-after'], this.#options.now());
    const problem = readProblem(parseJson(body));
    if (problem !== undefined) throw new AcmeProblem(problem, { status, retryAfter, aboutAccount });
    if (status === 429) {
      const limited = { type: 'rateLimited', detail: 'HTTP status 429', subproblems: [] };
      throw new AcmeProblem(limited, { status, retryAfter, aboutAccount });
    }
    throw new CaUnreachable(`The CA answered with HTTP status ${status}`);
  }
}

/** RFC 8555 section 6.5.1. */
function nonceOf({ headers }: Reply): string | undefined {
  const nonce = headers['replay-nonce'];
  return typeof nonce === 'string' && /^[\w-]+$/.test(nonce) ? nonce : undefined;
}
