import type { Challenge, ChallengeBoard } from '../certs/issuer.ts';
import { createTlsAlpnCertificate } from '../certs/tls-alpn.ts';
import type { ChallengeAnswer } from './challenge-table.ts';
import type { ChallengeChange } from './messages.ts';

/** The challenges that every worker answers, those that are yet to come too. */
export class EdgeChallenges implements ChallengeBoard {
  readonly #tell: (change: ChallengeChange) => Promise<void>;
  readonly #present = new Map<string, ChallengeAnswer>();

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
    await this.#tell({ put: [answer], remove: [] });
  }

  async remove(challenge: Challenge): Promise<void> {
    const { host, token } = challenge;
    if (this.#present.delete(keyOf(challenge))) await this.#tell({ put: [], remove: [{ host, token }] });
  }
}

// The primary makes the certificate once: the workers need no more than to use it.
async function answerOf({ type, host, token, keyAuthorization }: Challenge): Promise<ChallengeAnswer> {
  if (type === 'http-01') return { type, host, token, keyAuthorization };
  return { type, host, token, pem: await createTlsAlpnCertificate(host, keyAuthorization, Date.now()) };
}

function keyOf({ type, host, token }: Challenge): string {
  return `${type} ${host} ${token}`;
}
