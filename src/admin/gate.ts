import { Allowance } from '../access/allowance.ts';
import { BackOff, sourceOf } from '../access/back-off.ts';
import { reaches } from '../access/scope.ts';
import { type Authentication, authenticate, type KeptToken, type Token } from '../access/token.ts';
import type { TokenStore } from '../access/token-store.ts';
import type { Answer } from './answer.ts';
import type { Caller } from './caller.ts';
import type { Endpoint } from './endpoint.ts';
import { problem } from './problem.ts';
import { sealingKey } from './seal.ts';

export interface GateOptions {
  readonly tokens: Pick<TokenStore, 'find' | 'used'>;
  /** The token of the configuration, where there is one. */
  readonly configured: KeptToken | undefined;
  /** Requests a minute, of each address and of each token. */
  readonly perMinute: number;
  /** Somebody was turned away, and why. */
  denied(address: string, action: string, why: string): void;
  now(): number;
}

export type Admission = { readonly caller: Caller } | { readonly denied: Answer };

// Of so many addresses and tokens it is known how often they asked.
const MOST_KEYS = 10_000;

// The last use of a token is written at most this often, in milliseconds.
const USE_PAUSE = 5 * 60_000;

const BEARER = /^Bearer +([\w.~+/-]{1,512}=*) *$/i;

/** Lets in whoever has a good token (RFC 6750), and nobody who asks too often. */
export class Gate {
  readonly #options: GateOptions;
  readonly #backOff = new BackOff();
  readonly #addresses: Allowance;
  readonly #tokens: Allowance;

  constructor(options: GateOptions) {
    this.#options = options;
    const { perMinute } = options;
    const allowance = { perMinute, burst: Math.max(1, Math.ceil(perMinute / 10)), keys: MOST_KEYS };
    this.#addresses = new Allowance(allowance);
    this.#tokens = new Allowance(allowance);
  }

  /** Who asks; before anything else of the request is looked at. */
  admit(address: string, authorization: string | undefined): Admission {
    const now = this.#options.now();
    const wait = this.#backOff.wait(address, now) || this.#addresses.take(sourceOf(address), now);
    if (wait > 0) return { denied: tooMany(wait) };
    const text = BEARER.exec(authorization ?? '')?.[1];
    if (text === undefined) return this.#unauthorized(address, 'no token', undefined);
    const known = this.#authenticate(text, now);
    if (known.outcome !== 'known') {
      this.#backOff.failed(address, now);
      return this.#unauthorized(address, `${known.outcome} token`, known.name);
    }
    this.#backOff.succeeded(address);
    const { token } = known;
    const again = this.#tokens.take(token.id, now);
    if (again > 0) return { denied: tooMany(again) };
    this.#noteUse(token, now);
    return { caller: { token, address, sealing: sealingKey(text) } };
  }

  /** Undefined where the token reaches as far as the endpoint needs. */
  forbid({ token, address }: Caller, { needs, isForUnbound, id }: Endpoint): Answer | undefined {
    const isBound = isForUnbound === true && token.only !== undefined;
    if (reaches(token.scope, needs) && !isBound) return undefined;
    this.#options.denied(address, 'denied', `token:${token.name} on ${id}`);
    const detail = isBound
      ? 'A token that is bound to some tenants does not reach this far.'
      : `It needs the scope ${needs}; the token has ${token.scope}.`;
    return problem('forbidden', { detail });
  }

  /** Whether the token is good still: it may have been revoked, or have expired, while something goes on. */
  isGood({ token }: Caller): boolean {
    const { configured, tokens, now } = this.#options;
    if (token.id === configured?.id) return true;
    const kept = tokens.find(token.id);
    return kept?.revokedAt === undefined && (kept?.expiresAt ?? Number.POSITIVE_INFINITY) > now();
  }

  #authenticate(text: string, now: number): Authentication {
    const { configured, tokens } = this.#options;
    return authenticate(text, (id) => (id === configured?.id ? configured : tokens.find(id)), now);
  }

  #unauthorized(address: string, why: string, name: string | undefined): Admission {
    this.#options.denied(address, 'unauthorized', name === undefined ? why : `${why}: ${name}`);
    const detail = 'Send a good token: Authorization: Bearer postseal_…';
    return { denied: problem('unauthorized', { detail }, { 'www-authenticate': 'Bearer realm="postseal"' }) };
  }

  #noteUse({ id, lastUsedAt = 0 }: Token, now: number): void {
    if (id === this.#options.configured?.id || Math.abs(now - lastUsedAt) < USE_PAUSE) return;
    try {
      this.#options.tokens.used(id, now);
    } catch {
      // On a full disk the token is as good as before, and its use is noted the next time.
    }
  }
}

function tooMany(wait: number): Answer {
  const seconds = Math.ceil(wait / 1000);
  const detail = `Ask again after ${seconds} s.`;
  return problem('too-many-requests', { detail }, { 'retry-after': String(seconds) });
}
