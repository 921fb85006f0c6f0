import type { Flaw } from '../../flaws/flaw.ts';
import type { DocumentEntry } from '../../tenant/store.ts';

/** What `/readyz` answers. A tenant's flaw never makes the server unready: the last good policy is served. */
export interface Health {
  readonly status: 'ready' | 'starting' | 'ending';
  readonly tenants: number;
  readonly workers: { readonly ready: number; readonly wanted: number };
  /** What is wrong, in words; empty where nothing is. */
  readonly problems: readonly string[];
  /** Documents that are not what is served, at most a hundred of them. */
  readonly documents: readonly { readonly file: string; readonly flaws: readonly Flaw[] }[];
  readonly flawed_documents: number;
}

export interface HealthEvidence {
  readonly firstPassDone: boolean;
  readonly ending: boolean;
  readonly tenants: number;
  readonly workersReady: number;
  readonly workersWanted: number;
  /** What is wrong, in words. */
  readonly problems: readonly string[];
  /** Some of the entries with flaws. */
  readonly flawed: readonly DocumentEntry[];
  readonly flawedCount: number;
}

/** So many flawed documents are told of one by one. */
export const MOST_DOCUMENTS = 100;

/** Ready when all documents were read once and at least one worker has all policies and listens. */
export function health(evidence: HealthEvidence): Health {
  const ready = evidence.firstPassDone && evidence.workersReady > 0;
  return {
    status: evidence.ending ? 'ending' : ready ? 'ready' : 'starting',
    tenants: evidence.tenants,
    workers: { ready: evidence.workersReady, wanted: evidence.workersWanted },
    problems: evidence.problems,
    documents: evidence.flawed.map(({ file, flaws }) => ({ file, flaws })),
    flawed_documents: evidence.flawedCount,
  };
}
