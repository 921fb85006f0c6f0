import { createSecureContext, type SecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import type { Flaw, Parsed } from '../flaws/flaw.ts';

/** Where certificates come from. */
export interface CertificateSource {
  /** What tells one content from another without reading it; undefined where there is none. */
  stamp(host: string): string | undefined;
  read(host: string): Parsed<{ readonly pem: string; readonly notAfter: number }>;
  /** Issues one where the folder has none; undefined where nobody does. */
  issue(host: string): Promise<{ readonly pem: string; readonly notAfter: number } | undefined>;
}

interface Entry {
  readonly context: SecureContext | undefined;
  readonly stamp: string | undefined;
  /** Milliseconds since 1970: from then on it is looked whether the source has another one. */
  readonly lookAgain: number;
  readonly notAfter: number;
}

// How long a loaded, and how long a missing certificate is taken for granted, in milliseconds.
const LOOK_AGAIN = 60_000;
const MISSING_LOOK_AGAIN = 5_000;

// An issued certificate is replaced this long before it ends.
const ISSUED_MARGIN = 24 * 3600_000;

/** TLS contexts by policy host: made when first asked for, kept in a bounded cache, renewed in place. */
export class Certificates {
  readonly #source: CertificateSource;
  readonly #onFlaws: (host: string, flaws: readonly Flaw[]) => void;
  readonly #entries: LRUCache<string, Entry>;
  readonly #pending = new Map<string, Promise<SecureContext | undefined>>();

  constructor(
    source: CertificateSource,
    most: number,
    onFlaws: (host: string, flaws: readonly Flaw[]) => void,
  ) {
    this.#source = source;
    this.#onFlaws = onFlaws;
    this.#entries = new LRUCache({ max: most });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The context for a host that has a tenant; undefined where it has no usable certificate. */
  get(host: string, now: number): SecureContext | undefined | Promise<SecureContext | undefined> {
    const entry = this.#entries.get(host);
    if (entry !== undefined && now < entry.lookAgain) return entry.context;
    const stamp = this.#source.stamp(host);
    if (
      entry?.context !== undefined &&
      entry.stamp === stamp &&
      (stamp !== undefined || now < entry.notAfter - ISSUED_MARGIN)
    ) {
      this.#entries.set(host, { ...entry, lookAgain: now + LOOK_AGAIN });
      return entry.context;
    }
    return stamp === undefined ? this.#issue(host, now, entry) : this.#load(host, stamp, now, entry);
  }

  #load(host: string, stamp: string, now: number, before: Entry | undefined): SecureContext | undefined {
    const pair = this.#source.read(host);
    if (!pair.ok) {
      this.#onFlaws(host, pair.flaws);
      return this.#keepBefore(host, now, before);
    }
    return this.#keep(host, pair.value, stamp, now);
  }

  #issue(host: string, now: number, before: Entry | undefined): Promise<SecureContext | undefined> {
    const pending = this.#pending.get(host);
    if (pending !== undefined) return pending;
    const issued = this.#source.issue(host).then((pair) => {
      this.#pending.delete(host);
      if (pair !== undefined) return this.#keep(host, pair, undefined, now);
      return this.#keepBefore(host, now, before);
    });
    this.#pending.set(host, issued);
    return issued;
  }

  #keep(
    host: string,
    { pem, notAfter }: { pem: string; notAfter: number },
    stamp: string | undefined,
    now: number,
  ) {
    const context = createSecureContext({ key: pem, cert: pem });
    this.#entries.set(host, { context, stamp, notAfter, lookAgain: now + LOOK_AGAIN });
    return context;
  }

  /** A working certificate is never replaced by a worse one or by none (promise I5). */
  #keepBefore(host: string, now: number, before: Entry = MISSING): SecureContext | undefined {
    this.#entries.set(host, { ...before, lookAgain: now + MISSING_LOOK_AGAIN });
    return before.context;
  }
}

const MISSING: Entry = { context: undefined, stamp: undefined, notAfter: 0, lookAgain: 0 };
