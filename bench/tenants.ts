/** The number of tenants that are fetched in every case; only they have a certificate like Let's Encrypt's. */
export const HOT = 1_000;

/**
 * The domain of the i-th tenant. A multiplication by an odd number scatters them, so the first ones are all
 * over the alphabet and no server gains by the order of a folder. `load/tenant.c` says the same.
 */
export function domainOf(index: number): string {
  return `${Math.imul(index + 1, 2654435761) >>> 0}.example`;
}

export const policyHostOf = (index: number): string => `mta-sts.${domainOf(index)}`;

/** What must be served, byte for byte (RFC 8461 section 3.2). */
export function policyTextOf(index: number, maxAge = 604800): string {
  const domain = domainOf(index);
  return `version: STSv1\r\nmode: enforce\r\nmx: mx1.${domain}\r\nmx: *.mail.${domain}\r\nmax_age: ${maxAge}\r\n`;
}

/** The same as a tenant document. */
export function documentOf(index: number, maxAge = 604800): string {
  const domain = domainOf(index);
  const mx = `[mx1.${domain}, "*.mail.${domain}"]`;
  return `domain: ${domain}\npolicy:\n  mode: enforce\n  max_age: ${maxAge}\n  mx: ${mx}\n`;
}
