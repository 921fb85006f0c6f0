import type { Hostname } from '../names/hostname.ts';
import { registrableDomain } from '../names/registrable-domain.ts';
import { type Charge, type Ledger, type LedgerChanges, type Limits, refund, spend } from './budget.ts';
import type { OrderOutcome } from './issuer.ts';
import { isFailedValidation } from './retry.ts';

/** What a new order spends. A renewal that the CA is told of by `replaces` is exempt (RFC 9773 section 5). */
export function orderCharges(host: Hostname, replaces: boolean): readonly Charge[] {
  if (replaces) return [];
  return [
    { limit: 'new-orders', subject: '' },
    { limit: 'certificates-per-domain', subject: registrableDomain(host) ?? host },
    { limit: 'same-names', subject: host },
  ];
}

/** What an order spends if its validation fails: asked for before each order, renewals too. */
export function failureCharge(host: Hostname): Charge {
  return { limit: 'failed-validations', subject: host };
}

/** An order whose charges were spent when it started. */
export interface ChargedOrder {
  readonly host: Hostname;
  readonly replaces: boolean;
  readonly startedAt: number;
}

/**
 * The entries that change when an order ends: without a certificate none counts, and a failed validation does.
 * The order itself was one, however it ended.
 */
export function settle(
  ledger: Ledger,
  limits: Limits,
  { host, replaces, startedAt }: ChargedOrder,
  outcome: OrderOutcome,
  now: number,
): LedgerChanges {
  if (outcome.outcome === 'issued') return new Map();
  const certificates = orderCharges(host, replaces).filter(({ limit }) => limit !== 'new-orders');
  const failures = isFailedValidation(outcome) ? [failureCharge(host)] : [];
  return new Map([
    ...refund(ledger, limits, certificates, startedAt),
    ...spend(ledger, limits, failures, now),
  ]);
}
