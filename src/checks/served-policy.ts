import type { SecureContext } from 'node:tls';
import { type Hostname, policyHost } from '../names/hostname.ts';
import { mayConnect } from './address-scope.ts';
import type { Deployment } from './adoption.ts';
import { addressesOf } from './observation.ts';
import { fetchPolicy } from './policy-fetch.ts';
import { type HttpAnswer, words, wrongForm } from './policy-seen.ts';
import type { PublicDns } from './public-dns.ts';

export interface ServedPolicyOptions {
  readonly dns: PublicDns;
  /** Our own name: what is no more public than its addresses may be looked at. */
  readonly serviceName: Hostname;
  /** With the roots that senders trust. */
  readonly context: SecureContext;
}

type Served = Deployment['served'];

const PORT = 443;
// A zone can name hundreds.
const MOST_ADDRESSES = 8;

/**
 * Fetches whatever policy is served for a domain, as a strict sender does (RFC 8461 section 3.3). Each address is asked
 * until one answers. Rejects with the signal's reason.
 */
export function servedPolicies({ dns, serviceName, context }: ServedPolicyOptions) {
  return async (domain: Hostname, signal: AbortSignal): Promise<Served> => {
    const host = policyHost(domain);
    const [addresses, own] = await Promise.all([
      dns.addresses(host, signal),
      dns.addresses(serviceName, signal),
    ]);
    const all = addressesOf(addresses).slice(0, MOST_ADDRESSES);
    let why = all.length === 0 ? `${host} has no address in DNS` : `${host} leads to no public address`;
    for (const address of all.filter((each) => mayConnect(each, addressesOf(own)))) {
      let body = '';
      const wrongIn = (answer: HttpAnswer) => {
        body = answer.body.toString();
        return wrongForm(answer);
      };
      const seen = await fetchPolicy({ host, address, port: PORT, context, wrongIn }, signal);
      if (seen.seen === 'policy') return { found: 'answer', body };
      why = `${host} at ${address} ${words(seen)}`;
    }
    return { found: 'nothing', why };
  };
}
