import { readFileSync } from 'node:fs';
import type { Bench, Case } from '../bench.ts';
import { type Figure, median } from '../figure.ts';
import { postsealAdmin, TOKEN } from '../servers/postseal-admin.ts';

/** Pages of the list of tenants, over the admin API: processor time of the process that answers them. */
export const adminList: Case = {
  name: 'admin-list',
  main: false,
  async run(bench) {
    const corpus = bench.corpus(bench.options.some);
    const server = await bench.start(postsealAdmin, corpus);
    try {
      await server.loaded();
      const figures: Figure[] = [];
      for (const [what, query] of Object.entries(PAGES)) {
        figures.push(await measure(bench, server, corpus.tenants, { what, query }));
      }
      return figures;
    } finally {
      await server.stop();
    }
  },
};

const PAGES = {
  'first page of 100': '?limit=100',
  'page of 500 by mode': '?limit=500&mode=enforce',
  'search that finds nothing': '?name=nowhere',
};

// Of the clock that the kernel counts processor time by.
const TICK_MS = 10;
const ASKED = 50;

interface Asked {
  readonly what: string;
  readonly query: string;
}

async function measure(
  bench: Bench,
  server: { readonly port: number; pids(): number[] },
  tenants: number,
  { what, query }: Asked,
): Promise<Figure> {
  const url = `http://127.0.0.1:${server.port}/api/v1/tenants${query}`;
  const headers = { authorization: `Bearer ${TOKEN}` };
  // The first process answers; its children serve policies.
  const [pid = 0] = server.pids();
  const rounds: number[] = [];
  let errors = 0;
  for (let round = 0; round < bench.options.rounds; round += 1) {
    const before = processorTime(pid);
    for (let asked = 0; asked < ASKED; asked += 1) {
      const answer = await fetch(url, { headers });
      await answer.arrayBuffer();
      if (answer.status !== 200) errors += 1;
    }
    rounds.push((processorTime(pid) - before) / ASKED);
  }
  return {
    case: `admin-list, ${tenants} tenants`,
    server: postsealAdmin.name,
    what,
    unit: 'ms',
    value: median(rounds),
    rounds,
    errors,
    notes: [`processor time, over ${ASKED} answers a round`],
  };
}

/** User and system time of one process, in milliseconds. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
