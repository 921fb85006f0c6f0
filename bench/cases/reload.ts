import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Case } from '../bench.ts';
import type { Corpus } from '../corpus.ts';
import { type Figure, median } from '../figure.ts';
import { fetchPolicy, type Trust, until } from '../probe.ts';
import { postseal } from '../servers/postseal.ts';
import type { Server } from '../servers/server.ts';
import { documentOf, domainOf, policyTextOf } from '../tenants.ts';

const CHANGED = 7;
const PAUSE_MS = 200;

/** One document among many is replaced by a rename, as editors and git do: until the new bytes are served. */
export const reload: Case = {
  name: 'reload',
  main: false,
  async run(bench) {
    const corpus = bench.corpus(bench.options.many);
    const server = await bench.start(postseal, corpus);
    try {
      await server.loaded();
      return [figureOf(corpus.tenants, await changes(bench, server, corpus))];
    } finally {
      write(corpus, documentOf(CHANGED));
      await server.stop();
    }
  },
};

async function changes(bench: Bench, server: Server, corpus: Corpus): Promise<number[]> {
  const trust = { root: readFileSync(corpus.root, 'utf8'), anyName: false };
  const taken: number[] = [];
  for (let round = 1; round <= bench.options.rounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    taken.push(await change(server, corpus, trust, 604800 + round));
  }
  return taken;
}

/** Milliseconds from the rename to the first answer with the new text. */
async function change(server: Server, corpus: Corpus, trust: Trust, maxAge: number): Promise<number> {
  const text = policyTextOf(CHANGED, maxAge);
  write(corpus, documentOf(CHANGED, maxAge));
  const began = performance.now();
  await until(server, async () => {
    const answer = await fetchPolicy(server.port, trust, CHANGED);
    return answer.ok && answer.body === text;
  });
  return performance.now() - began;
}

function write(corpus: Corpus, document: string): void {
  const path = join(corpus.policies, `${domainOf(CHANGED)}.yaml`);
  writeFileSync(`${path}.new`, document);
  renameSync(`${path}.new`, path);
}

function figureOf(tenants: number, rounds: readonly number[]): Figure {
  return {
    case: `reload, ${tenants} tenants`,
    server: postseal.name,
    what: 'changed document served',
    unit: 'ms',
    value: median(rounds),
    rounds,
    errors: 0,
    notes: ['looked for every 5 ms on a new connection'],
  };
}
