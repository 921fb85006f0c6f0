import type { Logger } from 'pino';
import { standingAfterSilence } from '../../certs/standing.ts';
import type { UpkeepStore } from '../../certs/upkeep-store.ts';
import type { CertificateAuthority } from './certificate-steps.ts';

interface KeyChangesOptions {
  readonly authorities: readonly CertificateAuthority[];
  readonly store: UpkeepStore;
  readonly log: Logger;
  now(): number;
}

// The pause before a change that could not be done is tried again, in milliseconds.
const AGAIN = 10_000;

/**
 * Changes the keys of our accounts where the operator asks for it (RFC 8555 section 7.3.5). One that was interrupted,
 * by whatever and wherever, is finished before anything is ordered: until then nobody knows which key counts.
 */
export class KeyChanges {
  readonly #options: KeyChangesOptions;
  readonly #running = new Map<string, Promise<void>>();
  readonly #until = new Map<string, number>();

  constructor(options: KeyChangesOptions) {
    this.#options = options;
  }

  /** Whether a change is to be done: no order may start at that CA meanwhile. */
  isPending({ name, keys }: CertificateAuthority): boolean {
    if (this.#running.has(name) || keys.isChanging) return true;
    const change = this.#options.store.keyChange(name);
    return change !== undefined && change.endedAt === undefined;
  }

  /** Begins what is to be done at CAs where no order is under way: a challenge holds for the key it was made with. */
  begin(isOrdering: (ca: string) => boolean, signal: AbortSignal): void {
    const { authorities, log, now } = this.#options;
    for (const authority of authorities) {
      const { name } = authority;
      const wait = (this.#until.get(name) ?? 0) - now();
      const isPausing = wait > 0 && wait <= AGAIN;
      if (this.#running.has(name) || isPausing || !this.isPending(authority) || isOrdering(name)) continue;
      const change = this.#change(authority, signal)
        .catch((error: unknown) => {
          if (signal.aborted) return;
          this.#until.set(name, now() + AGAIN);
          log.error({ event: 'account_key_not_changed', ca: name, err: error });
        })
        .finally(() => this.#running.delete(name));
      this.#running.set(name, change);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #change({ name, issuer, keys }: CertificateAuthority, signal: AbortSignal): Promise<void> {
    const { store, log, now } = this.#options;
    const asked = store.keyChange(name);
    const changed = await issuer.changeKey(keys.begin(), signal);
    if (changed.outcome === 'unreachable') {
      const standing = standingAfterSilence(store.standing(name), name, changed.why, now());
      store.record({ standings: { [name]: standing } });
      this.#until.set(name, now() + AGAIN);
      log.warn({ event: 'account_key_not_changed', ca: name, ...changed });
      return;
    }
    if (changed.outcome === 'changed') keys.promote();
    else keys.discard();
    const why = changed.outcome === 'changed' ? '' : changed.why;
    const isAsked = asked !== undefined && store.keyChange(name)?.askedAt === asked.askedAt;
    if (isAsked) store.record({ keyChanges: { [name]: { ...asked, endedAt: now(), why } } });
    if (why === '') log.info({ event: 'account_key_changed', ca: name });
    else log.error({ event: 'account_key_not_changed', ca: name, ...changed });
  }
}
