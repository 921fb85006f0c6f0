import type { Endpoint } from './endpoint.ts';
import { createTenant, deleteTenant, getTenant, listTenants, replaceTenant } from './endpoints/tenants.ts';
import { createToken, getToken, listTokens, revokeToken } from './endpoints/tokens.ts';

/** All that the API does, in the order of its document. */
export const ENDPOINTS: readonly Endpoint[] = [
  listTenants,
  createTenant,
  getTenant,
  replaceTenant,
  deleteTenant,
  listTokens,
  createToken,
  getToken,
  revokeToken,
];
