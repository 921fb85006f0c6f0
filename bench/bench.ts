import { join } from 'node:path';
import { type Corpus, corpus } from './corpus.ts';
import type { Figure } from './figure.ts';
import { compile, type Load } from './load/generator.ts';
import type { Options } from './options.ts';
import type { Kind, Server } from './servers/server.ts';

/** What a case has to work with. */
export interface Bench {
  readonly options: Options;
  readonly load: Load;
  /** The folder of this run alone. */
  readonly scratch: string;
  corpus(tenants: number): Corpus;
  /** Starts a server on a processor apart from the load's, in a folder that `keep` names or a new one. */
  start(kind: Kind, corpus: Corpus, wish?: StartWish): Promise<Server>;
}

interface StartWish {
  readonly cores?: string;
  readonly workers?: number;
  /** The folder of an earlier start, whose state is found again. */
  readonly keep?: string;
}

export interface Case {
  readonly name: string;
  /** Part of a quick run. */
  readonly main: boolean;
  run(bench: Bench): Promise<Figure[]>;
}

export const SERVER_CORE = '0';
export const LOAD_CORE = '1';
export const BOTH_CORES = `${SERVER_CORE},${LOAD_CORE}`;

/** @param out a folder for what the next run can use again */
export function openBench(options: Options, out: string, scratch: string): Bench {
  const load = compile(scratch);
  let starts = 0;
  return {
    options,
    load,
    scratch,
    corpus: (tenants) => corpus(join(out, 'corpus'), tenants),
    start: (kind, of, { cores = SERVER_CORE, workers = 1, keep = String(++starts) } = {}) =>
      kind.start({ corpus: of, cores, workers, folder: join(scratch, keep) }),
  };
}
