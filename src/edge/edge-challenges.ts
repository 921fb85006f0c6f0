import { setImmediate } from 'node:timers/promises';
import type { Challenge, ChallengeBoard } from '../certs/issuer.ts';
import { createTlsAlpnCertificate } from '../certs/tls-alpn.ts';
import type { ChallengeAnswer, ChallengeName } from './challenge-table.ts';
import type { ChallengeChange } from './messages.ts';

/** The challenges that every worker answers, those that are yet to come too. */
export class EdgeChallenges implements ChallengeBoard {
  readonly #tell: (change: ChallengeChange) => Promise<void>;
  readonly #present = new Map<string, ChallengeAnswer>();
  /** What is yet to be told, and the telling of it. */
  #next: { put: ChallengeAnswer[]; readonly remove: ChallengeName[] } = { put: [], remove: [] };
  #telling: Promise<void> | undefined;

  /** @param tell brings a change to all workers; done when each has answered. */
  constructor(tell: (change: ChallengeChange) => Promise<void>) {
    this.#tell = tell;
  }

  /** What a new worker has to answer. */
  get present(): readonly ChallengeAnswer[] {
    return [...this.#present.values()];
  }

  async put(challenge: Challenge): Promise<void> {
    const answer = await answerOf(challenge);
    this.#present.set(keyOf(challenge), answer);
    this.#next.put.push(answer);
    await this.#tellSoon();
  }

  async remove(challenge: Challenge): Promise<void> {
    const { host, token } = challenge;
    if (!this.#present.delete(keyOf(challenge))) return;
    // Removals go first: what is not yet put must not be put after its own.
    this.#next.put = this.#next.put.filter((each) => keyOf(each) !== keyOf(challenge));
    this.#next.remove.push({ host, token });
    await this.#tellSoon();
  }

  /** One message for all that changes in one turn of the event loop: each costs every worker a wake-up. */
  #tellSoon(): Promise<void> {
    this.#telling ??= setImmediate().then(() => {
      const change = this.#next;
      this.#next = { put: [], remove: [] };
      this.#telling = undefined;
      return this.#tell(change);
    });
    return this.#telling;
  }
}

// The primary makes the certificate once: the workers need no more than to use it.
async function answerOf({ type, host, token, keyAuthorization }: Challenge): Promise<ChallengeAnswer> {
  if (type === 'http-01') return { type, host, token, keyAuthorization };
  return { type, host, token, pem: await createTlsAlpnCertificate(host, keyAuthorization, Date.now()) };
}

function keyOf({ type, host, token }: Challenge | ChallengeAnswer): string {
  return `${type} ${host} ${token}`;
}
