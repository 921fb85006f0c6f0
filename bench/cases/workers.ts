import type { Bench, Case } from '../bench.ts';
import { type Figure, median } from '../figure.ts';
import { nginxStock } from '../servers/nginx.ts';
import { postseal } from '../servers/postseal.ts';
import type { Kind, Server } from '../servers/server.ts';
import { HOT } from '../tenants.ts';

const KINDS = [nginxStock, postseal];

/**
 * Requests a second with one worker and load on one processor, and with two workers and twice the load on two:
 * server and load share what there is, so that two processors are enough for a fair doubling.
 */
export const workers: Case = {
  name: 'workers',
  main: false,
  async run(bench) {
    const figures: Figure[] = [];
    for (const kind of KINDS) figures.push(...(await scale(bench, kind)));
    return figures;
  },
};

interface Setup {
  readonly workers: number;
  readonly cores: string;
  readonly server: Server;
  readonly rates: number[];
  errors: number;
}

async function scale(bench: Bench, kind: Kind): Promise<Figure[]> {
  const corpus = bench.corpus(bench.options.tenants);
  const setups: Setup[] = [];
  try {
    for (const [workers, cores] of [
      [1, '0'],
      [2, '0,1'],
    ] as const) {
      const server = await bench.start(kind, corpus, { workers, cores });
      setups.push({ workers, cores, server, rates: [], errors: 0 });
      await server.loaded();
    }
    for (let round = 0; round < bench.options.rounds; round++)
      for (const setup of setups) await once(bench, setup);
  } finally {
    await Promise.all(setups.map(({ server }) => server.stop()));
  }
  return setups.map((setup) => figureOf(kind.name, setup));
}

async function once(bench: Bench, setup: Setup): Promise<void> {
  const { seconds, tenants } = bench.options;
  const wish = {
    port: setup.server.port,
    kind: 'close',
    tenants: Math.min(HOT, tenants),
    pids: setup.server.pids(),
    cores: setup.cores,
    warmUp: Math.min(1, seconds),
    seconds,
  } as const;
  const outcomes = await Promise.all(Array.from({ length: setup.workers }, () => bench.load(wish)));
  setup.rates.push(outcomes.reduce((sum, outcome) => sum + outcome.answers / outcome.seconds, 0));
  setup.errors += outcomes.reduce((sum, { errors }) => sum + errors, 0);
}

function figureOf(name: string, { workers, rates, errors }: Setup): Figure {
  return {
    case: 'workers',
    server: `${name}, ${workers} of ${workers}`,
    what: 'requests',
    unit: '/s',
    value: median(rates),
    rounds: rates,
    errors,
    notes: [`load shares the ${workers === 1 ? 'processor' : 'processors'}`],
    baseline: `${name}, 1 of 1`,
  };
}
