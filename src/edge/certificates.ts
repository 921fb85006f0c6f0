import { createSecureContext, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { KeyPair } from '../certs/key-pair.ts';
import { type Flaw, flawed, type Parsed, parsed } from '../flaws/flaw.ts';
import type { EdgeTimes } from './times.ts';

/** Where certificates come from. */
export interface CertificateSource {
  /** What tells one content from another without reading it; undefined where there is none. May throw. */
  stamp(host: string): string | undefined;
  read(host: string): Parsed<KeyPair>;
  /** Issues one where the folder has none; undefined where nobody does. */
  issue(host: string): Promise<KeyPair | undefined>;
}

interface Entry {
  readonly context: SecureContext | undefined;
  /** Of the file that the context was made from; undefined where it was issued, or where there is no context. */
  readonly stamp: string | undefined;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  /** Of the file that was last refused, so that its flaws are told once. */
  readonly refused: string | undefined;
  /** Milliseconds since 1970: from then on it is looked whether the source has another one. */
  readonly lookAgain: number;
}

const NOTHING: Entry = {
  context: undefined,
  stamp: undefined,
  notAfter: 0,
  refused: undefined,
  lookAgain: 0,
};

// An issued certificate is replaced so long before it ends, in milliseconds.
const ISSUED_MARGIN = 24 * 3600_000;

/**
 * TLS contexts by policy host: made when first asked for, kept in a bounded cache, renewed in place.
 * A working certificate is never replaced by a worse one or by none (promise I5).
 */
export class Certificates {
  readonly #source: CertificateSource;
  readonly #times: EdgeTimes;
  readonly #onFlaws: (host: string, flaws: readonly Flaw[]) => void;
  readonly #entries: LRUCache<string, Entry>;
  readonly #pending = new Map<string, Promise<SecureContext | undefined>>();

  /** `most` is how many are kept in memory. */
  constructor(
    source: CertificateSource,
    most: number,
    times: EdgeTimes,
    onFlaws: (host: string, flaws: readonly Flaw[]) => void,
  ) {
    this.#source = source;
    this.#times = times;
    this.#onFlaws = onFlaws;
    this.#entries = new LRUCache({ max: most });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The context for a host that has a tenant; undefined where it has no usable certificate. `now` as Date.now(). */
  get(host: string, now: number): SecureContext | undefined | Promise<SecureContext | undefined> {
    const entry = this.#entries.get(host) ?? NOTHING;
    if (now < entry.lookAgain) return entry.context;
    let stamp: string | undefined;
    try {
      stamp = this.#source.stamp(host);
    } catch (error) {
      return this.#keep(host, this.#refuse(host, entry, 'unreadable', [unusable(host, error)]), now);
    }
    if (stamp === undefined) return this.#withoutFile(host, entry, now);
    if (entry.context !== undefined && stamp === entry.stamp) return this.#keep(host, entry, now);
    return this.#load(host, stamp, entry, now);
  }

  #load(host: string, stamp: string, before: Entry, now: number): SecureContext | undefined {
    const loaded = this.#context(host);
    if (!loaded.ok) return this.#keep(host, this.#refuse(host, before, stamp, loaded.flaws), now);
    const { context, notAfter } = loaded.value;
    if (notAfter > now) return this.#keep(host, { ...NOTHING, context, notAfter, stamp }, now);
    const entry = this.#refuse(host, before, stamp, [expired(host, notAfter)]);
    // An expired one is better than none: its owner sees what is wrong.
    return this.#keep(host, before.notAfter > now ? entry : { ...entry, context, notAfter }, now);
  }

  #context(host: string): Parsed<{ context: SecureContext; notAfter: number }> {
    const pair = this.#source.read(host);
    if (!pair.ok) return pair;
    const { pem, notAfter } = pair.value;
    try {
      return parsed({ context: createSecureContext({ key: pem, cert: pem }), notAfter });
    } catch (error) {
      return flawed(unusable(host, error));
    }
  }

  /** A file that vanished leaves its certificate in use until that ends; an issued one is replaced before. */
  #withoutFile(
    host: string,
    entry: Entry,
    now: number,
  ): SecureContext | undefined | Promise<SecureContext | undefined> {
    const margin = entry.stamp === undefined ? ISSUED_MARGIN : 0;
    if (entry.context !== undefined && now < entry.notAfter - margin) return this.#keep(host, entry, now);
    const issued = this.#issue(host, entry, now);
    return entry.context !== undefined && now < entry.notAfter ? entry.context : issued;
  }

  #issue(host: string, before: Entry, now: number): Promise<SecureContext | undefined> {
    const pending = this.#pending.get(host);
    if (pending !== undefined) return pending;
    const issued = this.#source
      .issue(host)
      .then((pair) => {
        if (pair === undefined) return this.#keep(host, before, now);
        const { pem, notAfter } = pair;
        const context = createSecureContext({ key: pem, cert: pem });
        return this.#keep(host, { ...NOTHING, context, notAfter }, now);
      })
      .catch((error: unknown) => {
        return this.#keep(host, this.#refuse(host, before, 'issued', [unusable(host, error)]), now);
      })
      .finally(() => this.#pending.delete(host));
    this.#pending.set(host, issued);
    return issued;
  }

  #keep(host: string, entry: Entry, now: number): SecureContext | undefined {
    const { certificate, noCertificate } = this.#times;
    const isGood = entry.context !== undefined && now < entry.notAfter && entry.refused === undefined;
    this.#entries.set(host, { ...entry, lookAgain: now + (isGood ? certificate : noCertificate) });
    return entry.context;
  }

  #refuse(host: string, before: Entry, refused: string, flaws: readonly Flaw[]): Entry {
    if (before.refused !== refused) this.#onFlaws(host, flaws);
    return { ...before, refused };
  }
}

function unusable(host: string, error: unknown): Flaw {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return {
    path: `${host}.pem`,
    message: `The certificate can't be used (${code})`,
    remedy: 'Write the private key, the certificate and its chain, as PEM, into this file',
  };
}

function expired(host: string, notAfter: number): Flaw {
  return {
    path: `${host}.pem`,
    message: `The certificate expired at ${new Date(notAfter).toISOString()}`,
    remedy: 'Write a new one into this file',
  };
}
