import { randomBytes } from 'node:crypto';
import type { Challenge, ChallengeBoard, ChallengeType } from '../certs/issuer.ts';
import type { Hostname } from '../names/hostname.ts';
import { walkHttp } from './http-path.ts';
import type { PathSeen, Seen } from './observation.ts';
import { walkTls } from './tls-path.ts';

export interface OwnPath {
  readonly host: Hostname;
  /** Where the host leads by DNS. */
  readonly addresses: readonly string[];
  readonly types: readonly ChallengeType[];
  readonly board: ChallengeBoard;
}

const WALKS: Readonly<
  Record<ChallengeType, (address: string, challenge: Challenge, signal: AbortSignal) => Promise<Seen>>
> = { 'http-01': walkHttp, 'tls-alpn-01': walkTls };

/**
 * Puts challenges of our own on the board and looks for them at every address as a CA would, ports 80 and 443. They
 * are off the board when this ends. Rejects with the signal's reason, or where the board fails.
 */
export async function walkOwnPath(
  { host, addresses, types, board }: OwnPath,
  signal: AbortSignal,
): Promise<readonly PathSeen[]> {
  const challenges = types.map((type) => newChallenge(type, host));
  try {
    await all(challenges.map((challenge) => board.put(challenge)));
    return await all(addresses.flatMap((address) => challenges.map((each) => walk(address, each, signal))));
  } finally {
    await all(challenges.map((challenge) => board.remove(challenge)));
  }
}

async function walk(address: string, challenge: Challenge, signal: AbortSignal): Promise<PathSeen> {
  signal.throwIfAborted();
  const answer = await WALKS[challenge.type](address, challenge, signal);
  return { type: challenge.type, address, answer };
}

/** Waits for all, also where one fails: nothing goes on after the end. */
async function all<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function newChallenge(type: ChallengeType, host: Hostname): Challenge {
  const token = randomBytes(32).toString('base64url');
  return { type, host, token, keyAuthorization: `${token}.${randomBytes(32).toString('base64url')}` };
}
