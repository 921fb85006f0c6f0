import { Account } from '../acme/account.ts';
import { AccountKey } from '../acme/account-key.ts';
import { AcmeProblem, CaUnreachable } from '../acme/failure.ts';
import { HttpsClient } from '../acme/https-client.ts';
import { ExternalAccount } from '../acme/jws.ts';
import { RenewalInfoResource, reader } from '../acme/resources.ts';
import { readRetryAfter } from '../acme/retry-after.ts';
import { SignedClient } from '../acme/signed-client.ts';
import { AcmeOrder, type OrderContext } from './acme-order.ts';
import { outcomeOfError } from './acme-outcome.ts';
import { certificateId } from './certificate-id.ts';
import type { ChallengeBoard, Issuer, KeyChangeOutcome, Order, OrderOutcome, RenewalInfo } from './issuer.ts';
import { readRenewalInfo } from './renewal-info.ts';

/** One CA, and the account that is to be used there. */
export interface AcmeIssuerOptions {
  /** URL of the CA's directory. */
  readonly directory: string;
  /** PEM, ECDSA P-256: made once by {@link createAccountKey} and kept. The first one, where it is changed later. */
  readonly accountKey: string;
  readonly email?: string;
  /** The certificate profile, by the CA's own name for it. */
  readonly profile?: string;
  /** PEM certificates to trust in place of the public ones, for a private CA. */
  readonly root?: string;
  /** External account binding (RFC 8555 section 7.3.4); the key in base64url. */
  readonly eab?: { readonly keyId: string; readonly hmacKey: string };
  readonly board: ChallengeBoard;
  now(): number;
}

const readResource = reader('renewal information', RenewalInfoResource);

// The longest that one order may take, in milliseconds: CAs try a challenge again for about a minute.
const ORDER_TIME = 5 * 60_000;

/** Nothing is asked of the CA before the first order: it may be down when this is called. */
export function openIssuer(options: AcmeIssuerOptions): Issuer {
  const { directory, email, eab, board, profile, now } = options;
  const client = new SignedClient({ http: new HttpsClient(options.root), directory, now });
  const key = new AccountKey(options.accountKey);
  const external = eab && new ExternalAccount(eab.keyId, eab.hmacKey);
  const account = new Account({ client, key, email, external });
  const context = { account, board, profile, now };
  return {
    facts: (signal) => readFacts(client, signal),
    order: (order, signal) => placeOrder(context, order, signal),
    changeKey: (accountKey, signal) => changeKey(context, new AccountKey(accountKey), signal),
    renewalInfo: (certificate, signal) => askRenewalInfo({ client, now }, certificate, signal),
  };
}

/** Fails with the signal's reason once it is aborted, and where the board fails; all else is an outcome. */
async function placeOrder(context: OrderContext, order: Order, signal: AbortSignal): Promise<OrderOutcome> {
  const late = AbortSignal.timeout(ORDER_TIME);
  try {
    return await new AcmeOrder(context, order, AbortSignal.any([signal, late])).run();
  } catch (error) {
    signal.throwIfAborted();
    const outcome = outcomeOfError(error, context.now());
    if (outcome !== undefined) return outcome;
    if (!late.aborted) throw error;
    return { outcome: 'unreachable', why: `The CA took longer than ${ORDER_TIME / 60_000} minutes` };
  }
}

async function changeKey(
  { account, now }: OrderContext,
  next: AccountKey,
  signal: AbortSignal,
): Promise<KeyChangeOutcome> {
  try {
    await account.changeKey(next, signal);
    return { outcome: 'changed' };
  } catch (error) {
    signal.throwIfAborted();
    const failed = outcomeOfError(error, now());
    if (failed === undefined) throw error;
    const isPassing = failed.outcome === 'unreachable' || failed.outcome === 'rate-limited';
    return { outcome: isPassing ? 'unreachable' : 'refused', why: failed.why };
  }
}

async function readFacts(client: SignedClient, signal: AbortSignal): ReturnType<Issuer['facts']> {
  try {
    const { renewalInfo, meta } = await client.directory(signal);
    return { issuers: meta?.caaIdentities ?? [], hasRenewalInfo: renewalInfo !== undefined };
  } catch (error) {
    if (!(error instanceof AcmeProblem || error instanceof CaUnreachable)) throw error;
    return { outcome: 'unreachable', why: error.message };
  }
}

/** RFC 9773 section 4.1: a plain request; a CA that answers it with anything else has no information for now. */
async function askRenewalInfo(
  { client, now }: { readonly client: SignedClient; now(): number },
  certificate: string,
  signal: AbortSignal,
): Promise<RenewalInfo | undefined> {
  try {
    const { renewalInfo } = await client.directory(signal);
    const id = certificateId(certificate);
    if (renewalInfo === undefined || id === undefined) return undefined;
    const reply = await client.get(`${renewalInfo.replace(/\/$/, '')}/${id}`, signal);
    return readRenewalInfo(readResource(reply), readRetryAfter(reply.headers['retry-after'], now()), now());
  } catch (error) {
    if (error instanceof AcmeProblem || error instanceof CaUnreachable) return undefined;
    throw error;
  }
}
