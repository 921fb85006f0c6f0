import type { Test } from 'tap';
import { createAccountKey } from '../../src/acme/account-key.ts';
import { type AcmeIssuerOptions, openIssuer } from '../../src/certs/acme-issuer.ts';
import type {
  Challenge,
  ChallengeBoard,
  ChallengeType,
  Issuer,
  OrderOutcome,
} from '../../src/certs/issuer.ts';
import type { Hostname } from '../../src/names/hostname.ts';
import { Edge } from '../edge/edge.ts';
import { type Knot, startKnot } from '../peers/knot.ts';
import { freePort, startLoopback } from '../peers/loopback.ts';
import { type Pebble, type PebbleOptions, startPebble } from '../peers/pebble.ts';

export const HOST = 'mta-sts.example.test' as Hostname;

/** Names that lead to the edge, and one that leads to nobody. */
const NAMES = [HOST, 'mta-sts.other.test', 'mta-sts.blocked.test'];
export const ELSEWHERE = 'mta-sts.elsewhere.test' as Hostname;

/** A CA, an authoritative DNS server and an edge, all on loopback. */
export interface AcmeSite {
  readonly pebble: Pebble;
  readonly dns: Knot;
  readonly edge: Edge;
  readonly board: WatchedBoard;
  /** An issuer at the CA; by default with a new account. */
  issuer(options?: Partial<AcmeIssuerOptions>): Issuer;
}

export async function startAcmeSite(t: Test, hostility: Partial<PebbleOptions> = {}): Promise<AcmeSite> {
  const { host, close } = await startLoopback();
  t.teardown(close);
  const [dnsPort, acme, management] = await Promise.all([freePort(), freePort(), freePort()]);
  const [edge, dns] = await Promise.all([
    Edge.start(t),
    startKnot(host, {
      address: host.address,
      port: dnsPort,
      zones: ['test'],
      records: [
        ...NAMES.map((name) => ({ name, type: 'A', value: host.address })),
        { name: ELSEWHERE, type: 'A', value: '127.0.0.2' },
      ],
    }),
  ]);
  const pebble = await startPebble(host, {
    dns: `${host.address}:${dnsPort}`,
    httpPort: edge.http.port,
    tlsPort: edge.https.port,
    ports: { acme, management },
    ...hostility,
  });
  const board = new WatchedBoard(edge.workers.challenges);
  return {
    pebble,
    dns,
    edge,
    board,
    issuer: (options = {}) =>
      openIssuer({
        directory: pebble.directory,
        accountKey: createAccountKey(),
        root: pebble.apiRoot,
        board,
        now: Date.now,
        ...options,
      }),
  };
}

/** A board that remembers what was put on it, and what is still there. */
class WatchedBoard implements ChallengeBoard {
  readonly seen: ChallengeType[] = [];
  readonly present = new Set<string>();
  /** Types that the edge never hears of, as where another server has the port. */
  readonly lost = new Set<ChallengeType>();
  /** Called once a challenge is put. */
  onPut: () => void = () => {};
  readonly #board: ChallengeBoard;

  constructor(board: ChallengeBoard) {
    this.#board = board;
  }

  async put(challenge: Challenge): Promise<void> {
    this.seen.push(challenge.type);
    this.present.add(challenge.token);
    if (!this.lost.has(challenge.type)) await this.#board.put(challenge);
    this.onPut();
  }

  async remove(challenge: Challenge): Promise<void> {
    await this.#board.remove(challenge);
    this.present.delete(challenge.token);
  }
}

/** The PEM text of an order that must have been issued. */
export function issuedPem(outcome: OrderOutcome): string {
  if (outcome.outcome !== 'issued') throw new Error(`not issued: ${JSON.stringify(outcome)}`);
  return outcome.pem;
}

/** A signal that nobody aborts. */
export function noAbort(): AbortSignal {
  return new AbortController().signal;
}
