import type { OrderOutcome, RenewalInfo } from '../../src/certs/issuer.ts';
import type { FailedOrder } from '../../src/certs/retry.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { registrableDomain } from '../../src/names/registrable-domain.ts';

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const BACKDATE = HOUR;

/** What is wrong with a tenant, for ever. */
export type Defect = 'dns' | 'challenge' | 'caa' | 'rejected' | 'paused' | 'silence';

export interface IssuedCertificate {
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface SimulatedCaOptions {
  readonly lifetime: number;
  readonly hasRenewalInfo: boolean;
  readonly outages: readonly { readonly from: number; readonly to: number }[];
  readonly defects: ReadonlyMap<string, Defect>;
  random(): number;
}

/** A CA that keeps Let's Encrypt's limits to the millisecond, is away for days, and stumbles now and then. */
export class SimulatedCa {
  readonly hasRenewalInfo: boolean;
  readonly #options: SimulatedCaOptions;
  readonly #spent = new Map<string, number[]>();
  readonly #revokedAt = new Map<string, number>();
  /** Orders that were refused because a limit was exceeded. */
  refused = 0;
  taken = 0;
  exempt = 0;

  constructor(options: SimulatedCaOptions) {
    this.#options = options;
    this.hasRenewalInfo = options.hasRenewalInfo;
  }

  order(host: Hostname, replaces: boolean, now: number): [OrderOutcome, IssuedCertificate | undefined] {
    const { defects, lifetime, random } = this.#options;
    const defect = defects.get(host);
    if (this.#isAway(now) || defect === 'silence')
      return [{ outcome: 'unreachable', why: 'away' }, undefined];
    const limit = this.#exceeded(host, replaces, now);
    if (limit !== undefined) {
      this.refused += 1;
      return [{ outcome: 'rate-limited', until: now + HOUR, why: limit }, undefined];
    }
    if (replaces) this.exempt += 1;
    else this.#spend('orders', now);
    this.taken += 1;
    const failed = failure(defect, random(), now);
    if (failed !== undefined) {
      if (failed.outcome === 'challenge-failed' || failed.outcome === 'caa-forbids') {
        this.#spend(`failed ${host}`, now);
      }
      return [failed, undefined];
    }
    if (!replaces) {
      this.#spend(`domain ${registrableDomain(host)}`, now);
      this.#spend(`names ${host}`, now);
    }
    const issued = { notBefore: now - BACKDATE, notAfter: now - BACKDATE + lifetime };
    return [{ outcome: 'issued', pem: '', challenge: 'http-01' }, issued];
  }

  renewalInfo(host: string, { notBefore }: IssuedCertificate, now: number): RenewalInfo | undefined {
    const { lifetime } = this.#options;
    if (!this.hasRenewalInfo || this.#isAway(now)) return undefined;
    const askAgain = now + DAY;
    if ((this.#revokedAt.get(host) ?? 0) > notBefore + BACKDATE)
      return { start: now - 2 * DAY, end: now - DAY, askAgain };
    return { start: notBefore + lifetime * 0.55, end: notBefore + lifetime * 0.65, askAgain };
  }

  revoke(host: string, now: number): void {
    this.#revokedAt.set(host, now);
  }

  #isAway(now: number): boolean {
    return this.#options.outages.some(({ from, to }) => now >= from && now < to);
  }

  #exceeded(host: Hostname, replaces: boolean, now: number): string | undefined {
    if (this.#count(`failed ${host}`, HOUR, now) >= 5) return 'failed validations';
    if (replaces) return undefined;
    if (this.#count('orders', 3 * HOUR, now) >= 300) return 'new orders';
    if (this.#count(`domain ${registrableDomain(host)}`, 7 * DAY, now) >= 50) return 'registered domain';
    return this.#count(`names ${host}`, 7 * DAY, now) >= 5 ? 'same names' : undefined;
  }

  #count(key: string, window: number, now: number): number {
    const times = (this.#spent.get(key) ?? []).filter((at) => at > now - window);
    this.#spent.set(key, times);
    return times.length;
  }

  #spend(key: string, now: number): void {
    this.#spent.set(key, [...(this.#spent.get(key) ?? []), now]);
  }
}

function failure(defect: Defect | undefined, lot: number, now: number): FailedOrder | undefined {
  const why = 'simulated';
  if (defect === 'caa') return { outcome: 'caa-forbids', why };
  if (defect === 'rejected' || defect === 'paused') return { outcome: defect, why };
  // Good ones fail by chance.
  if (defect === 'challenge' || lot < 0.01) {
    return { outcome: 'challenge-failed', challenge: 'http-01', why };
  }
  return lot < 0.012 ? { outcome: 'rate-limited', until: now + HOUR, why } : undefined;
}
