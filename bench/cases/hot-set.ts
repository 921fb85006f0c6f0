import type { Case } from '../bench.ts';
import { compare } from '../rounds.ts';
import { postseal } from '../servers/postseal.ts';

/** The same traffic to the same tenants, where they are all there are and where they are one of a hundred. */
export const hotSet: Case = {
  name: 'hot-set',
  main: false,
  run(bench) {
    const { tenants, many } = bench.options;
    const contenders = [tenants, many].map((count) => ({
      kind: postseal,
      corpus: bench.corpus(count),
      label: `postseal, ${count} tenants`,
    }));
    return compare(bench, 'hot-set', contenders, { kind: 'close' });
  },
};
