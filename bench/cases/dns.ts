import { execFile } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Bench, type Case, LOAD_CORE, SERVER_CORE } from '../bench.ts';
import { cpuSecondsOf } from '../cpu.ts';
import { type Figure, median } from '../figure.ts';
import { pinned } from '../pin.ts';
import { until } from '../probe.ts';
import {
  bind,
  type DnsKind,
  type DnsServer,
  knot,
  postsealDns,
  recordNameOf,
  recordTextOf,
} from '../servers/dns.ts';

const KINDS = [knot, bind, postsealDns];
/** Queries that are asked at once. */
const WAITING = '200';
const CLIENTS = '20';
const SAMPLE = 20;

/** TXT queries over UDP for all tenants in turn, as resolvers ask whose caches have run out. */
export const dns: Case = {
  name: 'dns',
  main: true,
  async run(bench) {
    const queries = join(bench.scratch, 'queries');
    const { tenants } = bench.options;
    mkdirSync(bench.scratch, { recursive: true });
    writeFileSync(
      queries,
      `${Array.from({ length: tenants }, (_, i) => `${recordNameOf(i)} TXT`).join('\n')}\n`,
    );
    const entrants: Entrant[] = [];
    try {
      for (const kind of KINDS) entrants.push(await enter(bench, kind));
      for (let round = 0; round < bench.options.rounds; round++)
        for (const entrant of entrants) entrant.outcomes.push(await once(bench, entrant.server, queries));
    } finally {
      await Promise.all(entrants.map(({ server }) => server.stop()));
    }
    return entrants.map((entrant) => figureOf(entrant, tenants));
  },
};

interface Entrant {
  readonly kind: DnsKind;
  readonly server: DnsServer;
  readonly wrong: readonly string[];
  readonly outcomes: Outcome[];
}

interface Outcome {
  readonly completed: number;
  readonly lost: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function enter(bench: Bench, kind: DnsKind): Promise<Entrant> {
  const { tenants } = bench.options;
  const folder = join(bench.scratch, `dns-${kind.name}`);
  const server = await kind.start({ cores: SERVER_CORE, tenants, folder });
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${server.port}`]);
  const textOf = (index: number) =>
    resolver.resolveTxt(recordNameOf(index)).then(
      ([strings = []]) => strings.join(''),
      (error: NodeJS.ErrnoException) => String(error.code),
    );
  await until(server, async () => (await textOf(0)) === recordTextOf(0));
  const wrong: string[] = [];
  for (let index = 0; index < tenants; index += Math.ceil(tenants / SAMPLE)) {
    const text = await textOf(index);
    if (text !== recordTextOf(index)) wrong.push(`${recordNameOf(index)}: ${text}`);
  }
  return { kind, server, wrong, outcomes: [] };
}

async function once({ options }: Bench, server: DnsServer, queries: string): Promise<Outcome> {
  // dnsperf counts in whole seconds.
  const seconds = String(Math.ceil(options.seconds));
  const args = ['-s', '127.0.0.1', '-p', String(server.port), '-d', queries, '-l', seconds];
  const [program, ...rest] = pinned(LOAD_CORE, ['dnsperf', ...args, '-c', CLIENTS, '-q', WAITING]);
  const before = cpuSecondsOf(server.pids());
  const { stdout } = await promisify(execFile)(program, rest);
  const cpuSeconds = cpuSecondsOf(server.pids()) - before;
  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? Number.NaN);
  const all = number(/Queries completed: +(\d+)/);
  const good = number(/Response codes:.*NOERROR (\d+)/);
  return {
    completed: good,
    lost: number(/Queries lost: +(\d+)/) + all - good,
    seconds: number(/Run time \(s\): +([\d.]+)/),
    cpuSeconds,
  };
}

function figureOf({ kind, wrong, outcomes }: Entrant, tenants: number): Figure {
  const rounds = outcomes.map(({ completed, cpuSeconds }) => completed / cpuSeconds);
  const rate = median(outcomes.map(({ completed, seconds }) => completed / seconds));
  const busy = median(outcomes.map(({ cpuSeconds, seconds }) => cpuSeconds / seconds));
  const lost = outcomes.reduce((sum, outcome) => sum + outcome.lost, 0);
  return {
    case: `dns, ${tenants} tenants`,
    server: kind.name,
    what: 'queries per processor second',
    unit: '/s',
    value: median(rounds),
    rounds,
    errors: wrong.length,
    // A datagram may be lost on the way in on a busy machine: UDP promises nothing.
    notes: [`${Math.round(rate)}/s`, `busy ${Math.round(100 * busy)}%`, `${lost} lost`, ...wrong],
    baseline: knot.name,
  };
}
