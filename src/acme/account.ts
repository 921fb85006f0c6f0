import type { AccountKey } from './account-key.ts';
import { AcmeProblem, CaUnreachable } from './failure.ts';
import type { Reply } from './https-client.ts';
import type { ExternalAccount } from './jws.ts';
import type { Directory } from './resources.ts';
import type { SignedClient } from './signed-client.ts';

export interface AccountOptions {
  readonly client: SignedClient;
  readonly key: AccountKey;
  readonly email: string | undefined;
  readonly external: ExternalAccount | undefined;
}

/** The account of one key at one CA: made, or found again, when it is first needed (RFC 8555 section 7.3). */
export class Account {
  readonly key: AccountKey;
  readonly #options: AccountOptions;
  #url: string | undefined;
  #pending: Promise<void> | undefined;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.key = options.key;
  }

  directory(signal: AbortSignal): Promise<Directory> {
    return this.#options.client.directory(signal);
  }

  /** @param payload undefined for POST-as-GET. */
  async post(url: string, payload: object | undefined, signal: AbortSignal): Promise<Reply> {
    const { client, key } = this.#options;
    const account = await this.#registered(signal);
    try {
      return await client.post({ key, account }, url, payload, signal);
    } catch (error) {
      if (!(error instanceof AcmeProblem && error.problem.type === 'accountDoesNotExist')) throw error;
      // The CA has lost it, and is asked to make it anew, once.
      if (this.#url === account) this.#url = undefined;
      return client.post({ key, account: await this.#registered(signal) }, url, payload, signal);
    }
  }

  /** Registers once for all that wait for it, whoever of them is aborted. */
  async #registered(signal: AbortSignal): Promise<string> {
    while (this.#url === undefined) {
      this.#pending ??= this.#register(signal).finally(() => {
        this.#pending = undefined;
      });
      try {
        await this.#pending;
      } catch (error) {
        if (error instanceof AcmeProblem || error instanceof CaUnreachable) throw error;
        signal.throwIfAborted();
      }
    }
    return this.#url;
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { client, key, email, external } = this.#options;
    const { newAccount } = await client.directory(signal);
    const payload = {
      termsOfServiceAgreed: true,
      ...(email === undefined ? {} : { contact: [`mailto:${email}`] }),
      ...(external === undefined ? {} : { externalAccountBinding: external.bind(key, newAccount) }),
    };
    const reply = await client.post({ key, account: undefined }, newAccount, payload, signal);
    const { location } = reply.headers;
    if (location === undefined) throw new CaUnreachable('The CA gave no URL of the account');
    this.#url = location;
  }
}
