import type { Endpoint } from './endpoint.ts';
import { adoptTenant } from './endpoints/adopt.ts';
import { listAudit } from './endpoints/audit.ts';
import { bulkTenants } from './endpoints/bulk.ts';
import { getClaim, proveClaim, withdrawClaim } from './endpoints/claims.ts';
import { listenToEvents } from './endpoints/events.ts';
import { planChange } from './endpoints/plan.ts';
import { getPolicy, getRevision, listRevisions, replacePolicy, rollBack } from './endpoints/policy.ts';
import { getCertificate, getPublication, getRecords, renewCertificate } from './endpoints/standing.ts';
import { createTenant, deleteTenant, getTenant, listTenants, replaceTenant } from './endpoints/tenants.ts';
import { createToken, getToken, listTokens, revokeToken } from './endpoints/tokens.ts';

/** All that the API does, in the order of its document. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...[listTenants, createTenant, getTenant, replaceTenant, deleteTenant, bulkTenants, adoptTenant],
  ...[getPolicy, replacePolicy, listRevisions, getRevision, rollBack, planChange],
  ...[getClaim, proveClaim, withdrawClaim],
  ...[getRecords, getCertificate, renewCertificate, getPublication],
  ...[listTokens, createToken, getToken, revokeToken],
  ...[listAudit, listenToEvents],
];
