import { type Bench, LOAD_CORE, SERVER_CORE } from './bench.ts';
import type { Corpus } from './corpus.ts';
import { type Figure, median } from './figure.ts';
import type { Outcome, Wish } from './load/generator.ts';
import { wrongs } from './probe.ts';
import type { Kind, Server } from './servers/server.ts';
import { HOT } from './tenants.ts';

/** Who takes part in a comparison: a kind of server, its tenants, and the name for the table. */
export interface Contender {
  readonly kind: Kind;
  readonly corpus: Corpus;
  readonly label?: string;
}

export type Traffic = Pick<Wish, 'kind' | 'streams'>;

interface Entrant extends Contender {
  readonly server: Server;
  readonly outcomes: Outcome[];
  readonly wrong: string[];
}

/** Below this share of the clock a server had time to spare, and its figure reads too low. */
const SATURATED = 0.95;
/** Above this share of the clock the machine was shared with something else, and caches with it. */
const SHARED = 0.15;
const SUITES: Readonly<Record<number, string>> = { 4865: 'AES-128', 4866: 'AES-256' };

/** Processor time per request of each contender under the same traffic, in interleaved rounds. */
export async function compare(
  bench: Bench,
  name: string,
  contenders: readonly Contender[],
  traffic: Traffic,
): Promise<Figure[]> {
  const entrants: Entrant[] = [];
  try {
    for (const contender of contenders) entrants.push(await enter(bench, contender));
    for (let round = 0; round < bench.options.rounds; round++)
      for (const entrant of entrants) entrant.outcomes.push(await once(bench, entrant, traffic));
  } finally {
    await Promise.all(entrants.map(({ server }) => server.stop()));
  }
  const [first] = entrants;
  return entrants.map((entrant) => figureOf(name, entrant, first === undefined ? '' : labelOf(first)));
}

async function enter(bench: Bench, contender: Contender): Promise<Entrant> {
  const { kind, corpus } = contender;
  const server = await bench.start(kind, corpus, { cores: SERVER_CORE });
  await server.loaded();
  const wrong = await wrongs(server.port, corpus, kind.ownCertificates);
  await warm(bench, server, corpus);
  return { ...contender, server, outcomes: [], wrong };
}

/** Asks for each tenant a few times, so that no round pays for what is loaded once. */
async function warm(bench: Bench, server: Server, corpus: Corpus): Promise<void> {
  const tenants = Math.min(HOT, corpus.tenants);
  const fetches = { kind: 'close', warmUp: 0, seconds: 60, answers: 3 * tenants } as const;
  await bench.load({ ...fetches, port: server.port, tenants, pids: [], cores: LOAD_CORE });
}

function once(bench: Bench, { server, corpus }: Entrant, traffic: Traffic): Promise<Outcome> {
  const { seconds } = bench.options;
  return bench.load({
    ...traffic,
    port: server.port,
    tenants: Math.min(HOT, corpus.tenants),
    pids: server.pids(),
    cores: LOAD_CORE,
    warmUp: Math.min(1, seconds),
    seconds,
  });
}

function figureOf(name: string, entrant: Entrant, baseline: string): Figure {
  const { outcomes, wrong } = entrant;
  const good = outcomes.filter(({ answers }) => answers > 0);
  const rounds = good.map(microsecondsEach);
  const errors = outcomes.reduce((sum, outcome) => sum + outcome.errors, wrong.length);
  return {
    case: name,
    server: labelOf(entrant),
    what: 'processor time per request',
    unit: 'µs',
    value: rounds.length > 0 ? median(rounds) : null,
    rounds,
    errors,
    notes: [...notesOf(good), ...wrong],
    baseline,
  };
}

export function microsecondsEach({ cpuSeconds, answers }: Outcome): number {
  return (cpuSeconds * 1e6) / answers;
}

/** What has to be known of the circumstances in which figures came about. */
export function notesOf(outcomes: readonly Outcome[]): string[] {
  if (outcomes.length === 0) return ['no right answer'];
  const of = (what: (outcome: Outcome) => number) => median(outcomes.map(what));
  const busy = of(({ cpuSeconds, waitedSeconds, seconds }) => (cpuSeconds + waitedSeconds) / seconds);
  const foreign = of(({ waitedSeconds, seconds }) => waitedSeconds / seconds);
  const tickets = of(({ tickets, handshakes }) => tickets / handshakes);
  const notes = [
    `${Math.round(of(({ answers, seconds }) => answers / seconds))}/s`,
    `busy ${percent(busy)}`,
    SUITES[outcomes[0]?.suite ?? 0] ?? 'no handshake',
  ];
  if (Math.round(tickets) > 0) notes.push(`${Math.round(tickets)} tickets`);
  if (busy < SATURATED)
    notes.push(`NOT SATURATED, load ${percent(of(({ clientSeconds, seconds }) => clientSeconds / seconds))}`);
  if (foreign > SHARED) notes.push(`waited ${percent(foreign)} for others`);
  return notes;
}

const percent = (part: number): string => `${Math.round(part * 100)}%`;

const labelOf = ({ label, kind }: Contender): string => label ?? kind.name;
