import { setTimeout as pause } from 'node:timers/promises';
import type { Account } from '../acme/account.ts';
import { AcmeProblem, CaUnreachable, isPassing } from '../acme/failure.ts';
import type { Reply } from '../acme/https-client.ts';
import { readProblem } from '../acme/problem.ts';
import { Authorization, type ChallengeResource, OrderResource, reader } from '../acme/resources.ts';
import { readRetryAfter } from '../acme/retry-after.ts';
import { otherChallengeMayPass, outcomeOfChallenge, outcomeOfProblem, type Refusal } from './acme-outcome.ts';
import { certificateId } from './certificate-id.ts';
import { type CertificateRequest, createCertificateRequest } from './certificate-request.ts';
import type { Challenge, ChallengeBoard, ChallengeType, Order, OrderOutcome } from './issuer.ts';
import { checkIssued } from './key-pair.ts';

/** What every order at one CA shares. */
export interface OrderContext {
  readonly account: Account;
  readonly board: ChallengeBoard;
  readonly profile: string | undefined;
  now(): number;
}

/** A name that the CA holds for proven, by a challenge or from before; or why not. */
type Authorised =
  | { readonly ok: true; readonly challenge: ChallengeType | undefined }
  | { readonly ok: false; readonly refusal: Refusal; readonly tryOther: boolean };

type FailedChallenge = Extract<Refusal, { readonly outcome: 'challenge-failed' }>;

interface PlacedOrder extends OrderResource {
  readonly url: string;
}

/** What the CA works on. */
interface Work<T> {
  /** Its answer to the request that set it to work. */
  readonly begun: Reply | undefined;
  read(reply: Reply): T;
  isDone(value: T): boolean;
}

const readOrder = reader('order', OrderResource);
const readAuthorization = reader('authorization', Authorization);

// Pauses before each look at what the CA is working on, in milliseconds. Its Retry-After is heard up to the longest.
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 5_000;

// How often a request is sent that the network or the CA failed, and the pause between, in milliseconds.
const MOST_TRIES = 3;
const TRY_PAUSE = 1_000;

const TOKEN = /^[\w-]{1,256}$/;

/** One order on its way (RFC 8555 section 7.4). Everything that it waits for ends with the signal. */
export class AcmeOrder {
  readonly #context: OrderContext;
  readonly #order: Order;
  readonly #signal: AbortSignal;

  constructor(context: OrderContext, order: Order, signal: AbortSignal) {
    this.#context = context;
    this.#order = order;
    this.#signal = signal;
  }

  /** Tries one type of challenge after the other; an authorization that has failed needs a new order. */
  async run(): Promise<OrderOutcome> {
    const failures: FailedChallenge[] = [];
    let types = this.#order.challenges;
    while (types.length > 0) {
      const placed = await this.#place();
      const authorised = await this.#authorise(placed, types);
      if (authorised.ok) return this.#finish(placed, authorised.challenge);
      const { refusal, tryOther } = authorised;
      if (refusal.outcome === 'rejected') return failures[0] ?? refusal;
      if (refusal.outcome !== 'challenge-failed') return refusal;
      failures.push(refusal);
      types = tryOther ? types.slice(types.indexOf(refusal.challenge) + 1) : [];
    }
    return allFailed(failures);
  }

  /** Places an order that waits for its challenge, or is ready to be finished. */
  async #place(): Promise<PlacedOrder> {
    const { newOrder } = await this.#context.account.directory(this.#signal);
    for (let tries = 0; tries < 2; tries += 1) {
      const reply = await this.#postOrder(newOrder);
      const { location } = reply.headers;
      if (location === undefined) throw new CaUnreachable('The CA gave no URL of the order');
      const order = { ...readOrder(reply), url: location };
      // A CA may hand out an order of before; one that is past this point is for a key that is lost.
      if (order.status === 'pending' || order.status === 'ready') return order;
    }
    throw new CaUnreachable('The CA answered a new order with one that has ended');
  }

  async #postOrder(url: string): Promise<Reply> {
    const { account, profile } = this.#context;
    const payload = {
      identifiers: [{ type: 'dns', value: this.#order.host }],
      ...(profile === undefined ? {} : { profile }),
    };
    const replaces = await this.#replaces();
    if (replaces === undefined) return account.post(url, payload, this.#signal);
    try {
      return await account.post(url, { ...payload, replaces }, this.#signal);
    } catch (error) {
      // `replaces` is a kindness to the CA: what it does not want to hear of must not hinder the renewal.
      if (!(error instanceof AcmeProblem) || error.aboutAccount || error.problem.type === 'rateLimited')
        throw error;
      return account.post(url, payload, this.#signal);
    }
  }

  /** RFC 9773 section 5: only for a CA that has renewal information. */
  async #replaces(): Promise<string | undefined> {
    const { renewalInfo } = await this.#context.account.directory(this.#signal);
    const { replaces } = this.#order;
    return replaces === undefined || renewalInfo === undefined ? undefined : certificateId(replaces);
  }

  async #authorise(placed: PlacedOrder, types: readonly ChallengeType[]): Promise<Authorised> {
    let used: ChallengeType | undefined;
    if (placed.status === 'ready') return { ok: true, challenge: used };
    for (const url of placed.authorizations) {
      const { status, challenges } = readAuthorization(await this.#get(url));
      if (status === 'valid') continue;
      const offers = types.flatMap((type) => challenges.find((each) => each.type === type) ?? []);
      const offer = offers.find(({ token }) => typeof token === 'string' && TOKEN.test(token));
      if (offer === undefined) return noneOffered(types);
      const answered = await this.#answer(url, offer, this.#challenge(offer));
      if (!answered.ok) return answered;
      used = answered.challenge;
    }
    return { ok: true, challenge: used };
  }

  #challenge({ type, token }: ChallengeResource): Challenge {
    const keyAuthorization = this.#context.account.key.keyAuthorization(token as string);
    return { type: type as ChallengeType, host: this.#order.host, token: token as string, keyAuthorization };
  }

  /** The challenge is on the board before the CA hears of it, and taken off it however this ends. */
  async #answer(url: string, offer: ChallengeResource, challenge: Challenge): Promise<Authorised> {
    const { board, account } = this.#context;
    try {
      await board.put(challenge);
      this.#signal.throwIfAborted();
      // One that the CA is looking at already, on behalf of an order before this one, takes no second call.
      const isNew = offer.status === 'pending';
      const begun = isNew ? await account.post(offer.url, {}, this.#signal) : undefined;
      return await this.#validated(url, challenge.type, begun);
    } finally {
      await board.remove(challenge);
    }
  }

  async #validated(url: string, type: ChallengeType, begun: Reply | undefined): Promise<Authorised> {
    const isDone = ({ status }: Authorization) => status !== 'pending';
    const authorization = await this.#poll(url, { begun, read: readAuthorization, isDone });
    if (authorization.status === 'valid') return { ok: true, challenge: type };
    const failed = authorization.challenges.find((each) => each.type === type)?.error;
    const problem = readProblem(failed) ?? noWords(`The authorization is ${authorization.status}`);
    const refusal = outcomeOfChallenge(type, problem, this.#context.now());
    return { ok: false, refusal, tryOther: otherChallengeMayPass(problem) };
  }

  async #finish(placed: PlacedOrder, challenge: ChallengeType | undefined): Promise<OrderOutcome> {
    const request = await createCertificateRequest(this.#order.host);
    const order = await this.#finalize(placed, request);
    if (order.status !== 'valid' || order.certificate === undefined) {
      const problem = readProblem(order.error) ?? noWords(`The order is ${order.status}`);
      return outcomeOfProblem(problem, this.#context.now());
    }
    const chain = await this.#get(order.certificate);
    const pem = `${request.key}${chain.body.toString().trim()}\n`;
    const issued = checkIssued(pem, this.#order.host, this.#context.now());
    if (issued.ok) return { outcome: 'issued', pem, challenge };
    return { outcome: 'unreachable', why: `What the CA issued is of no use: ${issued.flaws[0]?.message}` };
  }

  /** Where the answer to a request is lost, the order itself tells whether it was heard: no key is given up. */
  async #finalize({ url, finalize }: PlacedOrder, { csr }: CertificateRequest): Promise<OrderResource> {
    for (let tries = 1; ; tries += 1) {
      let passing: unknown;
      let begun: Reply | undefined;
      try {
        begun = await this.#context.account.post(finalize, { csr }, this.#signal);
      } catch (error) {
        if (!isPassing(error) && !isNotReady(error)) throw error;
        passing = error;
      }
      const isDone = ({ status }: OrderResource) => status !== 'processing';
      const order = await this.#poll(url, { begun, read: readOrder, isDone });
      if (order.status !== 'ready') return order;
      if (tries === MOST_TRIES) throw passing ?? new CaUnreachable('The CA does not begin to issue');
      await pause(TRY_PAUSE, undefined, { signal: this.#signal });
    }
  }

  /** Asks until it is done, and not at once: no CA is as quick, and each question costs both sides a signature. */
  async #poll<T>(url: string, { begun, read, isDone }: Work<T>): Promise<T> {
    let reply = begun;
    for (let wait = FIRST_PAUSE; ; wait *= 1.5) {
      const now = this.#context.now();
      const asked = (readRetryAfter(reply?.headers['retry-after'], now) ?? now) - now;
      await pause(Math.min(LONGEST_PAUSE, Math.max(wait, asked)), undefined, { signal: this.#signal });
      reply = await this.#get(url);
      const value = read(reply);
      if (isDone(value)) return value;
    }
  }

  /** POST-as-GET changes nothing, so it may be sent again. */
  async #get(url: string): Promise<Reply> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#context.account.post(url, undefined, this.#signal);
      } catch (error) {
        if (!isPassing(error) || tries === MOST_TRIES) throw error;
      }
      await pause(TRY_PAUSE, undefined, { signal: this.#signal });
    }
  }
}

function isNotReady(error: unknown): boolean {
  return error instanceof AcmeProblem && error.problem.type === 'orderNotReady';
}

function noWords(detail: string) {
  return { type: '', detail, subproblems: [] };
}

function noneOffered(types: readonly ChallengeType[]): Authorised {
  const why = `The CA offers no challenge of type ${types.join(' or ')} for this name`;
  return { ok: false, refusal: { outcome: 'rejected', why }, tryOther: false };
}

/** One outcome for all types that were tried: the first failure, with the words of each. */
function allFailed(failures: readonly FailedChallenge[]): OrderOutcome {
  const [first] = failures;
  if (first === undefined) return { outcome: 'rejected', why: 'The order names no type of challenge' };
  if (failures.length === 1) return first;
  return { ...first, why: failures.map(({ challenge, why }) => `${challenge}: ${why}`).join('; ') };
}
