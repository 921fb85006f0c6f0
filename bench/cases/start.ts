import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, type Case, LOAD_CORE } from '../bench.ts';
import type { Corpus } from '../corpus.ts';
import { type Figure, median } from '../figure.ts';
import { memoryOf } from '../memory.ts';
import { firstPolicy, wrongs } from '../probe.ts';
import { nginxStock } from '../servers/nginx.ts';
import { postseal } from '../servers/postseal.ts';
import type { Kind } from '../servers/server.ts';
import { HOT } from '../tenants.ts';

/** Start and memory, with the files of the tenants in the page cache. */
export const start: Case = {
  name: 'start',
  main: false,
  async run(bench) {
    const { some, many, patient } = bench.options;
    const figures: Figure[] = [];
    for (const count of new Set([some, many])) {
      const corpus = bench.corpus(count);
      if (count === some || patient) figures.push(...(await starts(bench, nginxStock, corpus, 'first')));
      else figures.push(notRun(count));
      for (const turn of ['first', 'second'] as const)
        figures.push(...(await starts(bench, postseal, corpus, turn)));
    }
    return figures;
  },
};

/** Whether the server finds the state that an earlier start left. */
type Turn = 'first' | 'second';

interface Seen {
  readonly first: number;
  readonly loaded: number;
  readonly rss: number;
  readonly pss: number;
  readonly errors: number;
}

const WHATS = [
  ['first', 'first policy', 's'],
  ['loaded', 'all loaded', 's'],
  ['pss', 'memory (PSS)', 'MB'],
  ['rss', 'memory (RSS)', 'MB'],
] as const;

async function starts(bench: Bench, kind: Kind, corpus: Corpus, turn: Turn): Promise<Figure[]> {
  const seen: Seen[] = [];
  for (let round = 0; round < Math.min(3, bench.options.rounds); round++)
    seen.push(await once(bench, kind, corpus, turn));
  return WHATS.map(([key, what, unit]) => {
    const rounds = seen.map((each) => each[key]);
    const errors = seen.reduce((sum, each) => sum + each.errors, 0);
    return {
      ...about(kind.name, corpus.tenants, turn),
      what,
      unit,
      value: median(rounds),
      rounds,
      errors,
      notes: [],
    };
  });
}

async function once(bench: Bench, kind: Kind, corpus: Corpus, turn: Turn): Promise<Seen> {
  const keep = `start-${kind.name}-${corpus.tenants}`.replaceAll(' ', '-');
  if (turn === 'first') rmSync(join(bench.scratch, keep), { recursive: true, force: true });
  const server = await bench.start(kind, corpus, { keep });
  try {
    const loading = server.loaded().then(() => server.age());
    await firstPolicy(server.port, corpus, server);
    const first = server.age();
    const loaded = await loading;
    const errors = await fetchHot(bench, server, corpus);
    const wrong = await wrongs(server.port, corpus, kind.ownCertificates);
    return { first, loaded, errors: errors + wrong.length, ...memoryOf(server.pids()) };
  } finally {
    await server.stop();
  }
}

/** Asks for each hot tenant about once, as a mail system's day would. */
async function fetchHot(
  bench: Bench,
  server: { readonly port: number; pids(): number[] },
  corpus: Corpus,
): Promise<number> {
  const tenants = Math.min(HOT, corpus.tenants);
  const wish = { kind: 'close', cores: LOAD_CORE, warmUp: 0, seconds: 60, answers: tenants } as const;
  return (await bench.load({ ...wish, port: server.port, tenants, pids: server.pids() })).errors;
}

function about(name: string, tenants: number, turn: Turn): Pick<Figure, 'case' | 'server' | 'baseline'> {
  const server = name === postseal.name ? `${name}, ${turn} start` : name;
  return { case: `start, ${tenants} tenants`, server, baseline: nginxStock.name };
}

function notRun(tenants: number): Figure {
  const notes = ['not run: time and memory grow with the tenants, see the smaller case; --patient runs it'];
  const nothing = { value: null, rounds: [], errors: 0, notes };
  return { ...about(nginxStock.name, tenants, 'first'), what: 'all loaded', unit: 's', ...nothing };
}
