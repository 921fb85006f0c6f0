import { randomBytes } from 'node:crypto';
import { covers } from '../../access/scope.ts';
import { type ClaimSeen, judgeClaim } from '../../checks/claim-proof.ts';
import type { PublicDns } from '../../checks/public-dns.ts';
import type { Flaw } from '../../flaws/flaw.ts';
import { type Hostname, policyHost } from '../../names/hostname.ts';
import {
  CLAIM_LIFE,
  type Claim,
  type ClaimStore,
  challengeName,
  MOST_CLAIMS,
  ownerOf,
} from '../../tenant/claim.ts';
import type { Actor, TenantScope, WrittenTenant } from '../../tenant/desk.ts';

export interface ClaimsOptions {
  readonly store: ClaimStore;
  readonly dns: PublicDns;
  /** Whether a name that an alias leads to is ours. */
  isOurs(name: string): boolean;
  now(): number;
}

/** What a claim has come to. */
export type ClaimOutcome =
  | { readonly outcome: 'proven'; readonly claim: Claim }
  | { readonly outcome: 'unproven' | 'flawed'; readonly flaws: readonly Flaw[] }
  | { readonly outcome: 'not-found' };

// How long DNS may take to show a proof, in milliseconds.
const PATIENCE = 10_000;

/** Lets those who are not trusted have only domains that they control. */
export class Claims {
  readonly #options: ClaimsOptions;

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** Those of an owner, or of all where nobody in particular asks. */
  open({ only }: Actor): readonly Claim[] {
    const { store, now } = this.#options;
    store.expire(now());
    return store.open(only && ownerOf(only));
  }

  /** Makes a claim, or changes what is wanted by it, and looks whether it is proven already. */
  async make(domain: Hostname, wanted: WrittenTenant, only: TenantScope): Promise<ClaimOutcome> {
    const { store, now } = this.#options;
    const owner = ownerOf(only);
    const at = now();
    store.expire(at);
    const known = store.get(domain, owner);
    const flaw =
      scopeFlaw(domain, wanted, only) ?? (known === undefined ? this.#tooMany(domain, owner) : undefined);
    if (flaw !== undefined) return { outcome: 'flawed', flaws: [flaw] };
    const challenge = randomBytes(20).toString('base64url');
    const fresh = { domain, owner, challenge, at, expiresAt: at + CLAIM_LIFE, wasAway: false };
    store.put({ ...fresh, ...known, wanted });
    return this.prove(domain, only);
  }

  /** Looks now. */
  async prove(domain: Hostname, only: TenantScope): Promise<ClaimOutcome> {
    const { store, now, isOurs } = this.#options;
    store.expire(now());
    const owner = ownerOf(only);
    if (store.get(domain, owner) === undefined) return { outcome: 'not-found' };
    const seen = await this.#look(domain);
    // What it was when DNS was asked is of no interest: it may have been withdrawn.
    const claim = store.get(domain, owner);
    if (claim === undefined) return { outcome: 'not-found' };
    const judgement = judgeClaim(claim, seen, isOurs, store.openFor(domain).length > 1);
    if (judgement.isProven) return { outcome: 'proven', claim };
    if (judgement.claim.wasAway !== claim.wasAway) store.put(judgement.claim);
    return { outcome: 'unproven', flaws: judgement.flaws };
  }

  /** It has been served, or is wanted no more. @returns whether there was one. */
  drop(domain: Hostname, only: TenantScope): boolean {
    const owner = ownerOf(only);
    if (this.#options.store.get(domain, owner) === undefined) return false;
    this.#options.store.drop(domain, owner);
    return true;
  }

  close(): void {
    this.#options.store.close();
  }

  #tooMany(domain: Hostname, owner: string): Flaw | undefined {
    const { store } = this.#options;
    const remedy = 'Prove or withdraw some, or wait: each goes after a week';
    if (store.open(owner).length >= MOST_CLAIMS.ofOwner) {
      return { path: 'domain', message: `${MOST_CLAIMS.ofOwner} claims are open already`, remedy };
    }
    if (store.openFor(domain).length < MOST_CLAIMS.forDomain) return undefined;
    return { path: 'domain', message: `Too many claim ${domain}`, remedy: 'Ask the operator' };
  }

  async #look(domain: Hostname): Promise<ClaimSeen> {
    const { dns } = this.#options;
    const late = AbortSignal.timeout(PATIENCE);
    try {
      const [texts, ...aliases] = await Promise.all([
        dns.txt(challengeName(domain), late),
        dns.aliases(policyHost(domain), late),
        dns.aliases(`_mta-sts.${domain}`, late),
      ]);
      return { texts, aliases };
    } catch (error) {
      if (!late.aborted) throw error;
      const failed = { outcome: 'failed', why: 'no answer in time' } as const;
      return { texts: failed, aliases: [failed] };
    }
  }
}

/** Nobody may make a tenant that they could not see afterwards. */
function scopeFlaw(domain: Hostname, { labels }: WrittenTenant, only: TenantScope): Flaw | undefined {
  const given = typeof labels === 'object' && labels !== null ? (labels as Record<string, string>) : {};
  if (covers(only, { domain, labels: given })) return undefined;
  const [name, value] = Object.entries(only.labels)[0] ?? [];
  return {
    path: 'labels',
    message: `${domain} would not be among the tenants that the token is bound to`,
    remedy: name === undefined ? 'Use another token' : `Add the label ${name}: ${JSON.stringify(value)}`,
  };
}
