import type { AccountKey } from './account-key.ts';
import { AcmeProblem, CaUnreachable } from './failure.ts';
import type { Reply } from './https-client.ts';
import { type ExternalAccount, signKeyChange } from './jws.ts';
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
  readonly #options: AccountOptions;
  #key: AccountKey;
  #url: string | undefined;
  #pending: Promise<void> | undefined;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.#key = options.key;
  }

  get key(): AccountKey {
    return this.#key;
  }

  directory(signal: AbortSignal): Promise<Directory> {
    return this.#options.client.directory(signal);
  }

  /** @param payload undefined for POST-as-GET. */
  async post(url: string, payload: object | undefined, signal: AbortSignal): Promise<Reply> {
    const { client } = this.#options;
    const account = await this.#registered(signal);
    const key = this.#key;
    try {
      return await client.post({ key, account }, url, payload, signal);
    } catch (error) {
      if (!(error instanceof AcmeProblem && error.problem.type === 'accountDoesNotExist')) throw error;
      // The CA has lost it, and is asked to make it anew, once.
      if (this.#url === account) this.#url = undefined;
      return client.post({ key, account: await this.#registered(signal) }, url, payload, signal);
    }
  }

  /**
   * Has the CA know the account by another key, which is used from then on (RFC 8555 section 7.3.5). To be called again
   * with the same key after it was interrupted: it finds out how far it came. No other request may be under way.
   */
  async changeKey(next: AccountKey, signal: AbortSignal): Promise<void> {
    if ((await this.#find(next, signal)) === undefined) {
      const account = await this.#find(this.#key, signal);
      // Without an account there is nothing to change: one will be made with the new key.
      if (account !== undefined) await this.#handOver(account, next, signal);
    }
    this.#key = next;
    this.#url = undefined;
  }

  /** The URL of the account that a key has; undefined where it has none. */
  async #find(key: AccountKey, signal: AbortSignal): Promise<string | undefined> {
    const { client } = this.#options;
    const { newAccount } = await client.directory(signal);
    try {
      const signer = { key, account: undefined };
      const reply = await client.post(signer, newAccount, { onlyReturnExisting: true }, signal);
      return reply.headers.location;
    } catch (error) {
      if (error instanceof AcmeProblem && error.problem.type === 'accountDoesNotExist') return undefined;
      throw error;
    }
  }

  async #handOver(account: string, next: AccountKey, signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    const { keyChange: url } = await client.directory(signal);
    if (url === undefined) throw new CaUnreachable('The CA offers no change of keys');
    const change = signKeyChange(next, { url, account, old: this.#key });
    try {
      await client.post({ key: this.#key, account }, url, change, signal);
    } catch (error) {
      // It may have been sent twice: then the second one is refused because the first one was heard.
      if (error instanceof AcmeProblem && (await this.#find(next, signal)) === account) return;
      throw error;
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
    const { client, email, external } = this.#options;
    const key = this.#key;
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
